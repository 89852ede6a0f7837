// SPDX-License-Identifier: MIT
#include "http/field_value.h"

#include "t/lib/table.h"

#include <CppUTest/TestHarness.h>

using namespace pm;
using namespace std::string_view_literals;

TEST_GROUP(field_value){};

TEST(field_value, holds_no_control_byte_but_a_tab) {
  for (const std::string_view fine : {""sv, "a b"sv, "a\tb"sv, "\x80\xff"sv, "\"\\"sv})
    CHECK_TRUE(http::check_field_value(fine).empty());
  for (const std::string_view broken : {"a\r\nb"sv, "\0"sv, "\x1f"sv, "\x7f"sv})
    CHECK_FALSE(http::check_field_value(broken).empty());
}

TEST(field_value, has_a_name_that_is_a_token_or_is_not_used) {
  CHECK_TRUE(http::check_field_name("X-A").empty());
  CHECK_TRUE(http::check_field_name("").empty());
  CHECK_FALSE(http::check_field_name("X A").empty());
  CHECK_FALSE(http::check_field_name("X-A:").empty());
}

TEST(field_value, between_quotes_needs_no_escape) {
  CHECK_TRUE(http::check_quotable("a realm").empty());
  for (const std::string_view broken : {"\""sv, "\\"sv, "a\nb"sv})
    CHECK_FALSE(http::check_quotable(broken).empty());
}
