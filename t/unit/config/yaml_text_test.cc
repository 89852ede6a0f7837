// SPDX-License-Identifier: MIT
#include "config/yaml_text.h"

#include "config/findings.h"
#include "config/yaml.h"
#include "t/lib/table.h"

#include <CppUTest/TestHarness.h>

using namespace pm;
using namespace pm::config;
using namespace std::string_view_literals;

namespace {

Node parse(std::string_view text) {
  Findings findings;
  Node node;
  CHECK_TRUE(parse_yaml(text, 0, findings, node));
  return node;
}

}  // namespace

TEST_GROUP(yaml_text){};

TEST(yaml_text, is_plain_where_every_reader_takes_it_for_text) {
  static constexpr Row rows[] = {
      {"a", "a"},
      {"/a-b_c.d@e", "/a-b_c.d@e"},
      {"", "\"\""},
      {"1a", "\"1a\""},
      {"a b", "\"a b\""},
      {"a:b", "\"a:b\""},
      {"Yes", "\"Yes\""},
      {"null", "\"null\""},
      {"n", "\"n\""},
      {"say \"\\\"", "\"say \\\"\\\\\\\"\""},
      {"a\nb\x1b", "\"a\\x0ab\\x1b\""},
      {"\xff", "\"\\xff\""},
      {"\xc3\xa9", "\"\xc3\xa9\""},
      {"\xef\xbb\xbf", "\"\\U0000feff\""},
      {"\xef\xbf\xbe", "\"\\U0000fffe\""},
      {"\xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80\""},
      {"\xe2\x80\xa8", "\"\\U00002028\""},
      {"\xc2\x85", "\"\\U00000085\""},
  };
  check_rows(rows, [](std::string_view in) { return yaml_text(in); });
}

TEST(yaml_text, each_byte_reads_back_as_it_was) {
  for (int byte = 1; byte < 0x80; ++byte) {
    const std::string text{'a', static_cast<char>(byte), 'b'};
    CHECK_EQUAL(text, parse(yaml_text(text)).text);
  }
}

TEST(yaml_text, a_tree_is_one_line_that_reads_back) {
  static constexpr Row rows[] = {
      {"a: [1, true, false, x y, 'true', '1', null]\nb: {}\nc: []",
       "{a: [1, true, false, \"x y\", \"true\", \"1\", null], b: {}, c: []}"},
      {"password: x\nusersFile: /u\nusers: [a, b]\nx: {token: {z: 1}}",
       "{password: \"<redacted>\", usersFile: /u, users: [\"<redacted>\", \"<redacted>\"], "
       "x: {token: {z: \"<redacted>\"}}}"},
      {"key: '-----BEGIN PRIVATE KEY-----'", "{key: \"<redacted>\"}"},
  };
  check_rows(rows, [](std::string_view in) { return yaml_flow(parse(in), false); });
  CHECK_EQUAL(std::string("{password: x}"), yaml_flow(parse("password: x"), true));
}
