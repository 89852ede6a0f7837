// SPDX-License-Identifier: MIT
#include "core/regex.h"

#include "t/lib/table.h"

#include <CppUTest/TestHarness.h>

using namespace pm;

namespace {

// RE2 makes a table for names of groups when it sees the first one, and keeps it. Made here, before any test counts
// what it left behind.
[[maybe_unused]] const bool warm = Regex::compile("(?P<name>.)").has_value();

std::string error_of(std::string_view expression) {
  const auto regex = Regex::compile(expression);
  return regex ? "none" : regex.error().what;
}

bool matches(std::string_view expression, std::string_view text,
             Regex::Case letters = Regex::Case::sensitive) {
  const auto regex = Regex::compile(expression, letters);
  return regex && regex->matches(text);
}

std::string replaced(std::string_view expression, std::string_view text, std::string_view with) {
  const auto regex = Regex::compile(expression);
  return regex ? regex->replace_all(text, with) : "none";
}

}  // namespace

TEST_GROUP(regex){};

TEST(regex, it_matches_anywhere_unless_anchored) {
  CHECK_TRUE(matches("b+", "abbc"));
  CHECK_FALSE(matches("^b+", "abbc"));
  CHECK_FALSE(matches("^abb$", "abb\n"));
  CHECK_TRUE(matches("^$", ""));
}

TEST(regex, case_counts_unless_it_is_ignored) {
  CHECK_FALSE(matches("abc", "aBc"));
  CHECK_TRUE(matches("abc", "aBc", Regex::Case::ignored));
  CHECK_TRUE(matches("(?i)abc", "aBc"));
}

TEST(regex, what_re2_refuses_is_a_sentence) {
  static constexpr Row rows[] = {
      {"(", "bad regular expression: missing ): ("},
      {"(?<=a)b", "bad regular expression: invalid perl operator: (?<"},
      {"(a)\\1", "bad regular expression: invalid escape sequence: \\1"},
      {"a{1001}", "bad regular expression: invalid repetition size: {1001}"},
      {"a", "none"},
  };
  check_rows(rows, error_of);
}

TEST(regex, expressions_are_bounded) {
  CHECK_EQUAL(std::string("the regular expression is longer than 4096 bytes"),
              error_of(std::string(4097, 'a')));
  CHECK_EQUAL(std::string("none"), error_of(std::string(4096, 'a')));
  CHECK_EQUAL(std::string("none"), error_of("^[a-z0-9-]{1,63}(\\.[a-z0-9-]{1,63}){1,9}$"));
  CHECK_FALSE(error_of("((a{0,30}){0,30}){0,30}") == "none");
}

TEST(regex, a_hostile_text_costs_linear_time) {
  CHECK_FALSE(matches("(a+)+$", std::string(1 << 20, 'a') + "b"));
}

TEST(regex, replacement_is_expanded_as_go_expands_it) {
  static constexpr Row rows[] = {
      {"$1", "[host]"},        {"${1}x", "[hostx]"}, {"$1x", "[]"},      {"$h", "[host]"},
      {"${h}", "[host]"},      {"$$1", "[$1]"},      {"$", "[$]"},       {"${", "[${]"},
      {"${1", "[${1]"},        {"$2", "[]"},         {"$0", "[(host)]"}, {"$01", "[]"},
      {"$nobody", "[]"},       {"$-", "[$-]"},       {"${}", "[${}]"},   {"a$1b$1", "[ahost]"},
      {"$999999999999", "[]"},
  };
  check_rows(rows,
             [](std::string_view with) { return replaced("\\((?P<h>\\w+)\\)", "[(host)]", with); });
}

TEST(regex, all_matches_are_replaced_as_go_replaces_them) {
  CHECK_EQUAL(std::string("xbxb"), replaced("a", "abab", "x"));
  CHECK_EQUAL(std::string("xbxcx"), replaced("a*", "abaac", "x"));
  CHECK_EQUAL(std::string("x"), replaced("", "", "x"));
  CHECK_EQUAL(std::string("xaxbx"), replaced("", "ab", "x"));
  CHECK_EQUAL(std::string("x\xc3\xa4x"), replaced("", "\xc3\xa4", "x"));
  CHECK_EQUAL(std::string("xab"), replaced("^", "ab", "x"));
  CHECK_EQUAL(std::string("xa"), replaced("^a", "aa", "x"));
  CHECK_EQUAL(std::string("ab"), replaced("c", "ab", "x"));
}

TEST(regex, a_moved_regex_still_matches) {
  auto first = Regex::compile("^a$");
  const Regex second = std::move(first).value();

  CHECK_TRUE(second.matches("a"));
  CHECK_EQUAL(std::string("^a$"), second.text());
}
