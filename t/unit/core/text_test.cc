// SPDX-License-Identifier: MIT
#include "core/text.h"

#include "t/lib/table.h"

#include <CppUTest/TestHarness.h>

using namespace pm;

namespace {

std::string decoded(std::string_view text) {
  std::string out = ">";
  return text::percent_decode(text, out) ? out : out + "refused";
}

std::string encoded(std::string_view text) {
  std::string out;
  text::percent_encode(text, "/", out);
  return out;
}

std::string parts_of(std::string_view text) {
  std::string out;
  for (std::string_view part : text::split(text, ','))
    out.append("[").append(part).append("]");
  return out;
}

std::string quoted(std::string_view text) {
  return text::quoted(text, 8);
}

std::string_view suggested(std::string_view word) {
  return text::nearest(word, {"Host", "HostRegexp", "Path", "PathPrefix", "Query", "Method", "ms"});
}

}  // namespace

TEST_GROUP(text){};

TEST(text, tokens_are_what_rfc_9110_says) {
  static constexpr Row rows[] = {
      {"x-Foo_1", "yes"}, {"!#$%&'*+-.^_`|~", "yes"},
      {"", "no"},         {"a b", "no"},
      {"a:", "no"},       {"a\x80", "no"},
      {"a(b)", "no"},     {"\"a\"", "no"},
      {"a/b", "no"},
  };
  check_rows(rows, text::is_token);
}

TEST(text, a_nul_byte_is_no_token) {
  CHECK_FALSE(text::is_token(std::string_view("a\0b", 3)));
}

TEST(text, case_is_folded_for_ascii_letters_only) {
  CHECK_TRUE(text::equals_ignore_case("Content-TYPE", "content-type"));
  CHECK_FALSE(text::equals_ignore_case("@", "`"));
  CHECK_FALSE(text::equals_ignore_case("[", "{"));
  CHECK_FALSE(text::equals_ignore_case("a", "ab"));
  CHECK_TRUE(text::equals_ignore_case("", ""));
  CHECK_TRUE(text::starts_with_ignore_case("TRAEFIK_X", "traefik_"));
  CHECK_FALSE(text::starts_with_ignore_case("tr", "traefik_"));
  CHECK_EQUAL(std::string("\xc3\x84"
                          "ab"),
              text::to_lower("\xc3\x84"
                             "AB"));
  CHECK_EQUAL(std::string("AB-1"), text::to_upper("ab-1"));
}

TEST(text, trimming_takes_both_ends) {
  CHECK_EQUAL(std::string_view("a b"), text::trim("\r\n a b\t"));
  CHECK_EQUAL(std::string_view(""), text::trim(" \t\r\n"));
  CHECK_EQUAL(std::string_view("\r\na"), text::trim_blanks(" \r\na\t"));
  CHECK_EQUAL(std::string_view(""), text::trim(""));
}

TEST(text, splitting_keeps_empty_parts) {
  static constexpr Row rows[] = {
      {"", "[]"}, {",", "[][]"}, {"a", "[a]"}, {"a,b,", "[a][b][]"}, {" a ,b", "[ a ][b]"},
  };
  check_rows(rows, parts_of);
}

TEST(text, joining_puts_the_separator_between) {
  CHECK_EQUAL(std::string("a, b"), text::join({"a", "b"}, ", "));
  CHECK_EQUAL(std::string(""), text::join({}, ", "));
  CHECK_EQUAL(std::string(", "), text::join({"", ""}, ", "));
}

TEST(text, replacing_does_not_look_at_what_it_put_in) {
  CHECK_EQUAL(std::string("aab"), text::replace_all("ab", "a", "aa"));
  CHECK_EQUAL(std::string("xbx"), text::replace_all("aabaa", "aa", "x"));
  CHECK_EQUAL(std::string("ab"), text::replace_all("ab", "", "x"));
  CHECK_EQUAL(std::string("b"), text::replace_all("ab", "a", ""));
}

TEST(text, percent_decoding_is_strict) {
  static constexpr Row rows[] = {
      {"", ">"},         {"a%2Fb", ">a/b"},  {"%e2%82%ac", ">\xe2\x82\xac"}, {"a+b", ">a+b"},
      {"%", ">refused"}, {"%2", ">refused"}, {"ab%2g", ">refused"},          {"%%41", ">refused"},
      {"%25", ">%"},     {"%2541", ">%41"},
  };
  check_rows(rows, decoded);
}

TEST(text, percent_encoding_keeps_unreserved_and_what_is_asked_for) {
  static constexpr Row rows[] = {
      {"aZ09-._~", "aZ09-._~"},
      {"/a b", "/a%20b"},
      {"?%", "%3F%25"},
      {"\xc3\xa4", "%C3%A4"},
  };
  check_rows(rows, encoded);
}

TEST(text, a_near_word_is_suggested) {
  static constexpr Row rows[] = {
      {"Hots", "Host"},
      {"host", "Host"},
      {"PathPerfix", "PathPrefix"},
      {"PathPrefixx", "PathPrefix"},
      {"Qeury", "Query"},
      {"HostRegex", "HostRegexp"},
      {"Cookie", ""},
      {"", ""},
      {"x", ""},
      {"mx", "ms"},
  };
  check_rows(rows, suggested);
}

TEST(text, a_word_that_is_too_long_gets_no_suggestion) {
  CHECK_EQUAL(std::string_view(""), suggested(std::string(100'000, 'H')));
}

TEST(text, digits_are_written_without_padding) {
  char to[20];

  CHECK_EQUAL(std::string_view("0"), std::string_view(to, text::write_decimal(to, 0)));
  CHECK_EQUAL(std::string_view("18446744073709551615"),
              std::string_view(to, text::write_decimal(to, UINT64_MAX)));
  CHECK_EQUAL(std::string_view("0"), std::string_view(to, text::write_hex(to, 0)));
  CHECK_EQUAL(std::string_view("ffffffffffffffff"),
              std::string_view(to, text::write_hex(to, UINT64_MAX)));
  CHECK_EQUAL(std::string_view("1a0"), std::string_view(to, text::write_hex(to, 0x1a0)));
}

TEST(text, well_formed_utf8_has_a_length) {
  static constexpr Row rows[] = {
      {"a", "1"},
      {"", "0"},
      {"\xc3\xa4", "2"},
      {"\xe2\x82\xac", "3"},
      {"\xf0\x9f\x98\x80", "4"},
      {"\x80", "0"},
      {"\xc0\x80", "0"},
      {"\xc1\xbf", "0"},
      {"\xe0\x9f\xbf", "0"},
      {"\xe0\xa0\x80", "3"},
      {"\xed\xa0\x80", "0"},
      {"\xed\x9f\xbf", "3"},
      {"\xf0\x8f\xbf\xbf", "0"},
      {"\xf4\x8f\xbf\xbf", "4"},
      {"\xf4\x90\x80\x80", "0"},
      {"\xf5\x80\x80\x80", "0"},
      {"\xe2\x82", "0"},
      {"\xf0\x9f\x98", "0"},
      {"\xc3", "0"},
      {"\xc3(", "0"},
  };
  check_rows(rows, text::utf8_length);
}

TEST(text, controls_and_direction_marks_are_not_printable) {
  static constexpr Row rows[] = {
      {"~", "1"},
      {"\x7f", "0"},
      {"\x1b", "0"},
      {"\xc2\x9b", "0"},
      {"\xc2\xa0", "2"},
      {"\xe2\x80\xae", "0"},
      {"\xe2\x81\xa6", "0"},
      {"\xe2\x80\xa8", "0"},
      {"\xe2\x80\x93", "3"},
  };
  check_rows(rows, text::printable_length);
}

TEST(text, quoting_escapes_and_cuts) {
  static constexpr Row rows[] = {
      {"", "\"\""},
      {"a\"b\\", "\"a\\\"b\\\\\""},
      {"\x1b[31m", "\"\\x1b[31m\""},
      {"12345678", "\"12345678\""},
      {"123456789", "\"12345678...\""},
      {"1234567\xc3\xa4", "\"1234567\xc3\xa4\""},
      {"\xff", "\"\\xff\""},
  };
  check_rows(rows, quoted);
}

TEST(text, constant_time_comparison_compares) {
  CHECK_TRUE(text::equals_constant_time("secret", "secret"));
  CHECK_FALSE(text::equals_constant_time("secret", "Secret"));
  CHECK_FALSE(text::equals_constant_time("secret", "secre"));
  CHECK_TRUE(text::equals_constant_time("", ""));
}
