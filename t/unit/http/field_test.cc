// SPDX-License-Identifier: MIT
#include "http/field.h"

#include "core/text.h"
#include "t/lib/table.h"

#include <CppUTest/TestHarness.h>

#include <string>

using namespace pm;
using http::FieldId;

namespace {

// Every id except `other`, and how many of them `found(id)` holds for.
template <class F>
unsigned count_ids(F&& found) {
  unsigned count = 0;
  for (unsigned i = 1; i < static_cast<unsigned>(FieldId::count_); ++i) {
    if (found(static_cast<FieldId>(i))) ++count;
  }
  return count;
}

// Names one byte off a known one that are taken for it nevertheless.
unsigned false_friends(FieldId id) {
  unsigned count = 0;
  for (std::size_t at = 0; at < http::canonical_name(id).size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string name(http::canonical_name(id));
      const char before = name[at];
      name[at] = static_cast<char>(byte);
      const bool same = text::lower(before) == text::lower(name[at]);
      if ((http::classify(name) == id) != same) ++count;
    }
  }
  return count;
}

std::string canonical(std::string_view name) {
  std::string out(name.size(), '\0');
  http::write_canonical(out.data(), name);
  return out;
}

constexpr unsigned known = static_cast<unsigned>(FieldId::count_) - 1;

}  // namespace

TEST_GROUP(field){};

TEST(field, every_known_name_is_classified_in_any_case) {
  const auto name = [](FieldId id) {
    return http::canonical_name(id);
  };
  CHECK_EQUAL(known, count_ids([&](FieldId id) { return http::classify(name(id)) == id; }));
  CHECK_EQUAL(known, count_ids([&](FieldId id) {
                return http::classify(text::to_lower(name(id))) == id &&
                       http::classify(text::to_upper(name(id))) == id;
              }));
}

TEST(field, no_other_byte_passes_for_one_of_a_known_name) {
  CHECK_EQUAL(known, count_ids([](FieldId id) { return false_friends(id) == 0; }));
}

TEST(field, known_names_are_spelled_as_unknown_ones_would_be) {
  const unsigned regular = count_ids(
      [](FieldId id) { return canonical(http::canonical_name(id)) == http::canonical_name(id); });
  CHECK_EQUAL(known, regular);
  CHECK_EQUAL(std::string_view("Sec-WebSocket-Key"),
              http::canonical_name(FieldId::sec_websocket_key));
}

TEST(field, unknown_names_are_other) {
  CHECK_TRUE(http::classify("") == FieldId::other);
  CHECK_TRUE(http::classify("X-Unknown") == FieldId::other);
  CHECK_TRUE(http::classify("Content-Length ") == FieldId::other);
  CHECK_TRUE(http::classify("Content_Length") == FieldId::other);
  CHECK_TRUE(http::classify(std::string(70'000, 'a')) == FieldId::other);
  CHECK_EQUAL(std::string_view(""), http::canonical_name(FieldId::other));
}

TEST(field, the_canonical_spelling_is_that_of_go_but_for_websocket) {
  static constexpr Row rows[] = {
      {"x-foo-id", "X-Foo-Id"},
      {"ETAG", "Etag"},
      {"a", "A"},
      {"", ""},
      {"-a--b", "-A--B"},
      {"x foo", "x foo"},
      {"x\x80y", "x\x80y"},
      {"1-a_b", "1-A_b"},
      {"sec-websocket-protocol", "Sec-WebSocket-Protocol"},
      {"SEC-WEBSOCKET-X", "Sec-WebSocket-X"},
  };
  check_rows(rows, canonical);
}
