// SPDX-License-Identifier: MIT
#include "http/query.h"

#include "t/lib/table.h"

#include <CppUTest/TestHarness.h>

using namespace pm;

TEST_GROUP(query){};

TEST(query, is_read_pair_by_pair) {
  const Row rows[] = {
      {"", ""},      {"&&", ""},          {"a", "a:;"},      {"a=", "a:;"}, {"a=1&b=2", "a:1;b:2;"},
      {"=x", ":x;"}, {"a=b=c", "a:b=c;"}, {"&a=1&", "a:1;"},
  };
  check_rows(rows, [](std::string_view text) {
    http::QueryPairs pairs(text);
    std::string_view key;
    std::string_view value;
    std::string out;
    while (pairs.next(key, value))
      out.append(key).append(":").append(value).append(";");
    return out;
  });
}

TEST(query, values_are_compared_decoded) {
  CHECK_TRUE(http::form_equals("a%20b", "a b"));
  CHECK_TRUE(http::form_equals("a+b", "a b"));
  CHECK_TRUE(http::form_equals("%6B%2b", "k+"));
  CHECK_FALSE(http::form_equals("a", "ab"));
  CHECK_FALSE(http::form_equals("ab", "a"));
}

TEST(query, what_does_not_decode_equals_nothing) {
  CHECK_FALSE(http::form_equals("%zz", "%zz"));
  CHECK_FALSE(http::form_equals("a%2", "a%2"));
  CHECK_FALSE(http::form_is_valid("%"));
  CHECK_TRUE(http::form_is_valid("%41+"));
}

TEST(query, decoding_replaces_what_was_there) {
  std::string out = "old";

  CHECK_TRUE(http::form_decode("a%2Bb+c", out));

  CHECK_EQUAL(std::string("a+b c"), out);
  CHECK_FALSE(http::form_decode("%4", out));
}
