// SPDX-License-Identifier: MIT
#include "http/authority.h"

#include "t/lib/table.h"

#include <CppUTest/TestHarness.h>

using namespace pm;

TEST_GROUP(authority){};

TEST(authority, the_port_is_what_follows_the_last_colon) {
  const Row rows[] = {{"h", ""},     {"h:80", "80"},         {"h:", ""},
                      {"[::1]", ""}, {"[::1]:8080", "8080"}, {"", ""}};
  check_rows(rows, [](std::string_view authority) { return http::port_of(authority); });
}

TEST(authority, one_trailing_dot_of_a_host_is_ignored) {
  CHECK_TRUE(http::is_same_host("a.test", "a.test"));
  CHECK_TRUE(http::is_same_host("a.test.", "a.test"));
  CHECK_FALSE(http::is_same_host("a.test..", "a.test"));
  CHECK_FALSE(http::is_same_host("b.test", "a.test"));
}

TEST(authority, no_host_is_nobodys_host) {
  CHECK_FALSE(http::is_same_host("", ""));
  CHECK_FALSE(http::is_same_host(".", ""));
}
