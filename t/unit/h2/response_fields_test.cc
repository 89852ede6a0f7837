// SPDX-License-Identifier: MIT
// RFC 9113 sections 8.2 and 8.3.2, security.md section 3: what a server's field section must be to become an answer.
#include "h2/response_fields.h"

#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

#include <string>
#include <vector>

using namespace pm;
using namespace std::string_view_literals;
using http::Framing;

namespace {

using Fields = std::vector<std::pair<std::string_view, std::string_view>>;

struct Row {
  const char* what;
  Fields fields;
  bool is_good = false;
};

Fields ok(Fields more) {
  more.insert(more.begin(), {":status", "200"});
  return more;
}

}  // namespace

TEST_GROUP(h2_response_fields) {
  BlockPool blocks{4096};
  Arena arena{blocks};
  http::Response response{arena};
  h2::FieldLimits limits;

  bool read(const Fields& fields) {
    h2::ResponseFields reading;
    response.headers.clear();
    for (const auto& [name, value] : fields)
      reading.add(response, limits, name, value);
    return reading.finish(response);
  }
  template <class Rows>
  void check(const Rows& rows) {
    for (const Row& row : rows)
      CHECK_EQUAL_TEXT(row.is_good, read(row.fields), row.what);
  }
};

TEST(h2_response_fields, a_status_is_three_digits_in_front_of_all) {
  const Row rows[]{
      {"200", {{":status", "200"}}, true},
      {"999", {{":status", "999"}}, true},
      {"103", {{":status", "103"}}, true},
      {"101", {{":status", "101"}}},
      {"99", {{":status", "99"}}},
      {"099", {{":status", "099"}}},
      {"2000", {{":status", "2000"}}},
      {"20x", {{":status", "20x"}}},
      {"signed", {{":status", "+20"}}},
      {"empty", {{":status", ""}}},
      {"none", {}},
      {"none, but a field", {{"a", "b"}}},
      {"twice", {{":status", "200"}, {":status", "200"}}},
      {"behind a field", {{"a", "b"}, {":status", "200"}}},
      {"another pseudo field", ok({{":path", "/"}})},
  };

  check(rows);
}

TEST(h2_response_fields, fields_are_lower_case_clean_and_not_of_another_hop) {
  const Row rows[]{
      {"plain", ok({{"a", "b"}}), true},
      {"upper case", ok({{"A", "b"}})},
      {"empty name", ok({{"", "b"}})},
      {"LF", ok({{"a", "b\nc"}})},
      {"NUL", ok({{"a", "b\0"sv}})},
      {"blank behind", ok({{"a", "b "}})},
      {"connection", ok({{"connection", "close"}})},
      {"keep-alive", ok({{"keep-alive", "1"}})},
      {"proxy-connection", ok({{"proxy-connection", "close"}})},
      {"transfer-encoding", ok({{"transfer-encoding", "chunked"}})},
      {"upgrade", ok({{"upgrade", "x"}})},
  };

  check(rows);
}

TEST(h2_response_fields, a_length_is_one_number) {
  const Row rows[]{
      {"one", ok({{"content-length", "5"}}), true},
      {"empty", ok({{"content-length", ""}})},
      {"signed", ok({{"content-length", "-1"}})},
      {"a list", ok({{"content-length", "5, 5"}})},
      {"twice", ok({{"content-length", "5"}, {"content-length", "5"}})},
      {"over 64 bits", ok({{"content-length", "18446744073709551616"}})},
  };

  check(rows);
}

TEST(h2_response_fields, status_length_and_fields_are_handed_on) {
  CHECK_TRUE(read(ok({{"content-length", "5"}, {"server", "s"}, {"x-a", "b"}})));

  LONGS_EQUAL(200, response.status);
  CHECK_TRUE(response.framing == Framing::length);
  LONGS_EQUAL(5, response.content_length);
  CHECK_EQUAL("s"sv, response.headers.get(http::FieldId::server));
  CHECK_EQUAL("b"sv, response.headers.get("x-a"));
}

TEST(h2_response_fields, without_a_length_the_end_of_the_stream_ends_the_body) {
  CHECK_TRUE(read({{":status", "200"}}));

  CHECK_TRUE(response.framing == Framing::chunked);
}

TEST(h2_response_fields, more_than_is_allowed_is_a_bad_answer) {
  limits = {.max_bytes = 200, .max_line = 0, .max_fields = 2};
  const std::string much(100, 'x');
  const Row rows[]{
      {"at the bound", ok({{"a", ""}}), true},
      {"a field too many", ok({{"a", ""}, {"b", ""}})},
      {"bytes", ok({{"a", much}})},
  };

  check(rows);
}

TEST(h2_response_fields, four_times_what_is_allowed_is_a_flood) {
  limits.max_bytes = 200;
  const std::string much(100, 'x');
  h2::ResponseFields reading;

  for (int i = 0; i < 4; ++i)
    reading.add(response, limits, "a", much);
  CHECK_FALSE(reading.is_flood(limits));
  for (int i = 0; i < 2; ++i)
    reading.add(response, limits, "a", much);

  CHECK_TRUE(reading.is_flood(limits));
}
