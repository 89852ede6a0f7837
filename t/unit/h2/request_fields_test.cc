// SPDX-License-Identifier: MIT
// RFC 9113 sections 8.2 and 8.3, security.md sections 2 and 4: what a field section must be to become a request.
#include "h2/request_fields.h"

#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

#include <string>
#include <vector>

using namespace pm;
using namespace std::string_view_literals;
using h2::FieldFault;
using http::FieldId;
using http::Framing;

namespace {

using Fields = std::vector<std::pair<std::string_view, std::string_view>>;

struct Row {
  const char* what;
  Fields fields;
  FieldFault fault = FieldFault::malformed;
  bool ends = true;
};

constexpr FieldFault good = FieldFault::none;

Fields get(Fields more = {}) {
  Fields all{{":method", "GET"}, {":scheme", "https"}, {":path", "/"}, {":authority", "a"}};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}
Fields with(std::string_view name, std::string_view value) {
  return get({{name, value}});
}
Fields path(std::string_view value, std::string_view method = "GET") {
  return {{":method", method}, {":scheme", "https"}, {":path", value}, {":authority", "a"}};
}
Fields authority(std::string_view value) {
  return {{":method", "GET"}, {":scheme", "https"}, {":path", "/"}, {":authority", value}};
}
Fields upgrade(Fields more = {}) {
  Fields all{{":method", "CONNECT"},
             {":scheme", "https"},
             {":path", "/"},
             {":authority", "a"},
             {":protocol", "websocket"}};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

}  // namespace

TEST_GROUP(h2_request_fields) {
  BlockPool blocks{4096};
  Arena arena{blocks};
  http::Request request{arena};
  h2::FieldLimits limits;

  FieldFault read(const Fields& fields, bool ends = true) {
    h2::RequestFields reading;
    request.headers.clear();
    request.wants_upgrade = false;
    for (const auto& [name, value] : fields)
      reading.add(request, limits, name, value);
    return reading.finish(request, ends);
  }
  template <class Rows>
  void check(const Rows& rows) {
    for (const Row& row : rows)
      LONGS_EQUAL_TEXT(static_cast<int>(row.fault), static_cast<int>(read(row.fields, row.ends)),
                       row.what);
  }
};

TEST(h2_request_fields, pseudo_fields_are_complete_known_and_in_front) {
  const Row rows[]{
      {"all four", get(), good},
      {"no method", {{":scheme", "http"}, {":path", "/"}, {":authority", "a"}}},
      {"no scheme", {{":method", "GET"}, {":path", "/"}, {":authority", "a"}}},
      {"no path", {{":method", "GET"}, {":scheme", "http"}, {":authority", "a"}}},
      {"no authority", {{":method", "GET"}, {":scheme", "http"}, {":path", "/"}}},
      {"method twice", with(":method", "GET")},
      {"scheme twice", with(":scheme", "https")},
      {"path twice", with(":path", "/")},
      {"authority twice", with(":authority", "a")},
      {"unknown", with(":other", "x")},
      {"a status", with(":status", "200")},
      {"no name", with(":", "x")},
      {"behind a field", get({{"a", "b"}, {":protocol", "websocket"}})},
      {"behind host",
       {{":method", "GET"},
        {":scheme", "https"},
        {":path", "/"},
        {"host", "a"},
        {":authority", "a"}}},
      {"upper case",
       {{":Method", "GET"}, {":scheme", "http"}, {":path", "/"}, {":authority", "a"}}},
  };

  check(rows);
}

TEST(h2_request_fields, each_pseudo_field_has_its_form) {
  const std::string long_method(33, 'M');
  const Row rows[]{
      {"other method", path("/", "purge"), good},
      {"empty method", path("/", "")},
      {"method with a blank", path("/", "G T")},
      {"long method", path("/", long_method)},
      {"path with a query", path("/a?b=c&d"), good},
      {"path above 0x7f", path("/\xc3\xa4"), good},
      {"empty path", path("")},
      {"path without a slash", path("a")},
      {"absolute form", path("http://a/")},
      {"path with a blank", path("/a b")},
      {"path with a tab", path("/a\tb")},
      {"path with NUL", path("/a\0b"sv)},
      {"path with CR", path("/a\rb")},
      {"path with DEL", path("/a\x7f")},
      {"fragment", path("/a#b")},
      {"the server", path("*", "OPTIONS"), good},
      {"the server, GET", path("*")},
      {"port", authority("a:80"), good},
      {"bracketed", authority("[::1]:80"), good},
      {"empty authority", authority("")},
      {"user in the authority", authority("u@a")},
      {"blank in the authority", authority("a b")},
      {"slash in the authority", authority("a/b")},
      {"other scheme",
       {{":method", "GET"}, {":scheme", "ftp"}, {":path", "/"}, {":authority", "a"}}},
      {"plain CONNECT", path("/", "CONNECT")},
  };

  check(rows);
}

TEST(h2_request_fields, host_stands_in_for_the_authority_and_agrees_with_it) {
  const Row rows[]{
      {"alone", {{":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {"host", "h"}}, good},
      {"the same", with("host", "a"), good},
      {"the same in another case", with("host", "A"), good},
      {"another", with("host", "b")},
      {"another port", with("host", "a:80")},
      {"twice", get({{"host", "a"}, {"host", "a"}})},
      {"empty", with("host", "")},
  };

  check(rows);
  read({{":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {"host", "h"}});
  CHECK_EQUAL("h"sv, request.authority);
  POINTERS_EQUAL(nullptr, request.headers.find(FieldId::host));
}

TEST(h2_request_fields, fields_are_lower_case_clean_and_not_of_another_hop) {
  const Row rows[]{
      {"plain", with("a", "b"), good},
      {"empty value", with("a", ""), good},
      {"tab within", with("a", "b\tc"), good},
      {"above 0x7f", with("a", "\x80\xff"), good},
      {"upper case", with("A", "b")},
      {"empty name", with("", "b")},
      {"name with a blank", with("a b", "c")},
      {"name with a colon", with("a:b", "c")},
      {"name with NUL", with("a\0"sv, "c")},
      {"name above 0x7f", with("\xc3\xa4", "c")},
      {"blank in front", with("a", " b")},
      {"blank behind", with("a", "b ")},
      {"tab behind", with("a", "b\t")},
      {"NUL", with("a", "b\0c"sv)},
      {"CR", with("a", "b\rc")},
      {"LF", with("a", "b\nc")},
      {"DEL", with("a", "b\x7f")},
      {"connection", with("connection", "close")},
      {"keep-alive", with("keep-alive", "1")},
      {"proxy-connection", with("proxy-connection", "close")},
      {"transfer-encoding", with("transfer-encoding", "chunked")},
      {"upgrade", with("upgrade", "h2c")},
      {"http2-settings", with("http2-settings", "AAAA")},
      {"te: trailers", with("te", "trailers"), good},
      {"te: Trailers", with("te", "Trailers"), good},
      {"te: gzip", with("te", "gzip")},
      {"te: both", with("te", "trailers, gzip")},
  };

  check(rows);
}

TEST(h2_request_fields, a_length_is_one_number_and_fits_the_end_of_the_stream) {
  const Row rows[]{
      {"one", with("content-length", "5"), good, false},
      {"zero, ended", with("content-length", "0"), good},
      {"18 digits", with("content-length", "999999999999999999"), good, false},
      {"19 digits", with("content-length", "1000000000000000000"), FieldFault::malformed, false},
      {"five, ended", with("content-length", "5")},
      {"empty", with("content-length", ""), FieldFault::malformed, false},
      {"signed", with("content-length", "+5"), FieldFault::malformed, false},
      {"hexadecimal", with("content-length", "0x5"), FieldFault::malformed, false},
      {"a list", with("content-length", "5, 5"), FieldFault::malformed, false},
      {"twice", get({{"content-length", "5"}, {"content-length", "5"}}), FieldFault::malformed,
       false},
  };

  check(rows);
}

TEST(h2_request_fields, the_framing_is_what_the_fields_and_the_end_say) {
  read(get());
  CHECK_TRUE(request.framing == Framing::none);

  read(get(), false);
  CHECK_TRUE(request.framing == Framing::chunked);

  read(with("content-length", "5"), false);
  CHECK_TRUE(request.framing == Framing::length);
  LONGS_EQUAL(5, request.content_length);
}

TEST(h2_request_fields, only_100_continue_can_be_expected) {
  const Row rows[]{
      {"as it is", with("expect", "100-continue"), good},
      {"in another case", with("expect", "100-Continue"), good, false},
      {"something else", with("expect", "200-ok"), FieldFault::expectation},
      {"twice", get({{"expect", "100-continue"}, {"expect", "100-continue"}}),
       FieldFault::expectation},
  };

  check(rows);
  read(with("expect", "100-continue"), false);
  CHECK_TRUE(request.expects_continue);
}

TEST(h2_request_fields, without_a_body_nothing_is_expected) {
  read(with("expect", "100-continue"));

  CHECK_FALSE(request.expects_continue);
}

TEST(h2_request_fields, crumbs_of_a_cookie_become_one_field) {
  read(get({{"cookie", "a=1"}, {"x", "y"}, {"cookie", "b=2"}, {"cookie", ""}, {"cookie", "c=3"}}));

  CHECK_EQUAL("a=1; b=2; ; c=3"sv, request.headers.get(FieldId::cookie));
  request.headers.find(FieldId::cookie);
  int left = 0;
  for (const http::Field& field : request.headers)
    left += field.id == FieldId::cookie && !field.dropped ? 1 : 0;
  LONGS_EQUAL(1, left);
}

TEST(h2_request_fields, one_cookie_stays_as_it_is) {
  read(with("cookie", "a=1; b=2"));

  CHECK_EQUAL("a=1; b=2"sv, request.headers.get(FieldId::cookie));
}

// RFC 8441.
TEST(h2_request_fields, extended_connect_is_an_upgrade_for_everybody_behind_the_codec) {
  CHECK_TRUE(read(upgrade({{"sec-websocket-version", "13"}}), false) == good);

  CHECK_EQUAL("GET"sv, request.method);
  CHECK_TRUE(request.wants_upgrade);
  CHECK_TRUE(request.framing == Framing::none);
  CHECK_EQUAL("websocket"sv, request.headers.get(FieldId::upgrade));
  LONGS_EQUAL(24, request.headers.get(FieldId::sec_websocket_key).size());
}

TEST(h2_request_fields, extended_connect_has_its_own_faults) {
  const Row rows[]{
      {"ended", upgrade()},
      {"with a length", upgrade({{"content-length", "0"}}), FieldFault::malformed, false},
      {"another protocol",
       {{":method", "CONNECT"},
        {":scheme", "https"},
        {":path", "/"},
        {":authority", "a"},
        {":protocol", "connect-udp"}},
       FieldFault::malformed,
       false},
      {"another method", with(":protocol", "websocket"), FieldFault::malformed, false},
      {"protocol twice", upgrade({{":protocol", "websocket"}}), FieldFault::malformed, false},
  };

  check(rows);
}

// ---- limits -----------------------------------------------------------------------------------------------------------

TEST(h2_request_fields, each_limit_has_its_fault_and_the_bound_itself_is_allowed) {
  const std::string half(100, 'x');
  limits = {.max_bytes = 64 * 5 + 65, .max_line = 4, .max_fields = 1};
  const Row rows[]{
      {"at the bound", with("a", ""), good},
      {"a field too many", get({{"a", ""}, {"b", ""}}), FieldFault::too_large},
      {"a long value", with("a", half), FieldFault::too_large},
      {"path at the bound", path("/abc"), good},
      {"a long path", path("/abcd"), FieldFault::long_path},
  };
  limits.max_bytes = 64 * 5 + 65;

  check(rows);
  limits.max_bytes = 4096;
  LONGS_EQUAL(static_cast<int>(FieldFault::too_many),
              static_cast<int>(read(get({{"a", ""}, {"b", ""}}))));
}

TEST(h2_request_fields, four_times_what_is_allowed_is_a_flood_whatever_else_was_wrong) {
  const std::string much(100, 'x');
  limits.max_bytes = 200;
  Fields fields{{"BAD", "x"}};
  for (int i = 0; i < 6; ++i)
    fields.emplace_back("a", much);

  LONGS_EQUAL(static_cast<int>(FieldFault::malformed), static_cast<int>(read({fields[0]})));
  LONGS_EQUAL(static_cast<int>(FieldFault::flood), static_cast<int>(read(fields)));
}

TEST(h2_request_fields, what_is_too_much_takes_no_memory) {
  const std::string much(1000, 'x');
  limits.max_bytes = 500;
  read(get());
  const std::size_t before = blocks.lent();

  for (int i = 0; i < 100; ++i)
    read({{"a", much}, {"b", much}, {"c", much}});

  LONGS_EQUAL(before, blocks.lent());
}

// ---- trailers ---------------------------------------------------------------------------------------------------------

TEST_GROUP(h2_trailer_fields) {
  BlockPool blocks{4096};
  Arena arena{blocks};
  http::Headers trailers{arena};
  h2::TrailerFields reading;
  h2::FieldLimits limits{.max_bytes = 300, .max_line = 100, .max_fields = 3};

  bool add(std::string_view name, std::string_view value) {
    return reading.add(trailers, limits, name, value);
  }
};

TEST(h2_trailer_fields, good_ones_are_kept_and_forbidden_ones_left_out) {
  CHECK_TRUE(add("x-sum", "1"));
  CHECK_TRUE(add("authorization", "x"));

  LONGS_EQUAL(1, trailers.slots());
  CHECK_EQUAL("1"sv, trailers.get("x-sum"));
}

TEST(h2_trailer_fields, pseudo_fields_and_bad_fields_are_faults) {
  CHECK_FALSE(add(":path", "/"));
  CHECK_FALSE(add("X", "y"));
  CHECK_FALSE(add("x", "y\n"));
}

TEST(h2_trailer_fields, there_is_a_limit_of_bytes_and_one_of_fields) {
  CHECK_FALSE(add("x", std::string(300, 'y')));

  h2::TrailerFields few;
  for (int i = 0; i < 3; ++i)
    CHECK_TRUE(few.add(trailers, limits, "x", ""));
  CHECK_FALSE(few.add(trailers, limits, "x", ""));
}
