// SPDX-License-Identifier: MIT
#include "config/template_literal.h"

#include "t/lib/table.h"

#include <CppUTest/TestHarness.h>

using namespace pm;
using namespace pm::config;

TEST_GROUP(template_literal){};

TEST(template_literal, a_number_is_one_of_gos) {
  static constexpr Row rows[] = {
      {"0", "0"},
      {"10", "10"},
      {"+3", "3"},
      {"-3", "-3"},
      {"0x1F", "31"},
      {"-0x1f", "-31"},
      {"0b101", "5"},
      {"0o17", "15"},
      {"017", "15"},
      {"1.5", "1.5"},
      {"-1.5", "-1.5"},
      {"1e3", "1000"},
      {"9223372036854775807", "9223372036854775807"},
      {"-9223372036854775808", "-9223372036854775808"},
      {"9223372036854775808", "none"},
      {"-9223372036854775809", "none"},
      {"99999999999999999999", "none"},
      {"0b2", "none"},
      {"08", "none"},
      {"0x", "none"},
      {"0xg", "none"},
      {"", "none"},
      {"-", "none"},
      {"1.2.3", "none"},
      {"1e", "none"},
      {"1a", "none"},
  };
  check_rows(rows, [](std::string_view in) {
    const auto value = templates::parse_number(in);
    return value ? templates::to_text(*value) : std::string("none");
  });
}

TEST(template_literal, a_string_stands_for_what_its_escapes_say) {
  static constexpr Row rows[] = {
      {R"("plain")", "plain"},
      {R"("\a\b\f\n\r\t\v\\\"")", "\a\b\f\n\r\t\v\\\""},
      {R"("\x41\101")", "AA"},
      {R"("\u0041\u00e9\u20AC")", "A\xc3\xa9\xe2\x82\xac"},
      {R"("\U0001F600")", "\xf0\x9f\x98\x80"},
      {R"("\377")", "\xff"},
      {"`a\\n\r\nb`", "a\\n\nb"},
      {R"("\400")", "none"},
      {R"("\08")", "none"},
      {R"("\x4")", "none"},
      {R"("\xg0")", "none"},
      {R"("\ud800")", "none"},
      {R"("\U00110000")", "none"},
      {R"("\q")", "none"},
      {R"("\")", "none"},
  };
  check_rows(rows, [](std::string_view in) {
    std::string out;
    return templates::unquote(in, out) ? out : std::string("none");
  });
}
