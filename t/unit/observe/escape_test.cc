// SPDX-License-Identifier: MIT
#include "observe/escape.h"

#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

#include <string>

using namespace pm::observe;

namespace {

using namespace std::string_view_literals;

struct Row {
  std::string_view given;
  std::string_view common;
  std::string_view json;
};

constexpr Row rows[]{
    {"", "", ""},
    {"plain ~text~", "plain ~text~", "plain ~text~"},
    {"a\"b", "a\\\"b", "a\\\"b"},
    {"a\\b", "a\\x5Cb", "a\\\\b"},
    {"a\nb", "a\\x0Ab", "a\\u000Ab"},
    {"a\r\n\t", "a\\x0D\\x0A\\x09", "a\\u000D\\u000A\\u0009"},
    {"\0\x1f\x7f"sv, "\\x00\\x1F\\x7F", "\\u0000\\u001F\\u007F"},
    {"\xc3\xa4", "\\xC3\\xA4", "\xc3\xa4"},
    {"\xe2\x82\xac\xf0\x9f\x98\x80", "\\xE2\\x82\\xAC\\xF0\\x9F\\x98\\x80",
     "\xe2\x82\xac\xf0\x9f\x98\x80"},
    {"\xff", "\\xFF", "\\ufffd"},
    {"\xc3", "\\xC3", "\\ufffd"},
    {"\xc3\"", "\\xC3\\\"", "\\ufffd\\\""},
    {"\x80", "\\x80", "\\ufffd"},
    {"\xc0\xaf", "\\xC0\\xAF", "\\ufffd\\ufffd"},
    {"\xe0\x80\xaf", "\\xE0\\x80\\xAF", "\\ufffd\\ufffd\\ufffd"},
    {"\xed\xa0\x80", "\\xED\\xA0\\x80", "\\ufffd\\ufffd\\ufffd"},
    {"\xf0\x80\x80\xaf", "\\xF0\\x80\\x80\\xAF", "\\ufffd\\ufffd\\ufffd\\ufffd"},
    {"\xf4\x90\x80\x80", "\\xF4\\x90\\x80\\x80", "\\ufffd\\ufffd\\ufffd\\ufffd"},
    {"a text of more than sixteen bytes", "a text of more than sixteen bytes",
     "a text of more than sixteen bytes"},
    {"sixteen bytes and\x01 a control byte", "sixteen bytes and\\x01 a control byte",
     "sixteen bytes and\\u0001 a control byte"},
};

}  // namespace

TEST_GROUP(escape) {
  char room[3 * max_value];

  std::string escaped(std::string_view text, Escape how) {
    Line line(room);
    put_escaped(line, text, how);
    return {room, line.size()};
  }
};

TEST(escape, leaves_nothing_that_ends_a_value_or_a_line) {
  for (const Row& row : rows) {
    CHECK_EQUAL(row.common, std::string_view(escaped(row.given, Escape::common)));
    CHECK_EQUAL(row.json, std::string_view(escaped(row.given, Escape::json)));
  }
}

TEST(escape, cuts_a_value_that_is_too_long) {
  const std::string longest(max_value, 'a');

  CHECK(escaped(longest, Escape::json) == longest);
  CHECK(escaped(longest + "b", Escape::json) == longest + "...");
}

TEST(escape, counts_what_has_no_room) {
  char small[4];
  Line line(small);

  put_escaped(line, "a\"b\"c", Escape::common);

  LONGS_EQUAL(7, line.size());
}
