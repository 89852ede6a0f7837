// SPDX-License-Identifier: MIT
#include "config/yaml.h"

#include "t/lib/table.h"

#include <CppUTest/MemoryLeakWarningPlugin.h>
#include <CppUTest/TestHarness.h>

using namespace pm::config;

namespace {

std::string tree_of(const Node& node) {
  std::string text;
  switch (node.kind) {
    case NodeKind::null: return "null";
    case NodeKind::scalar: return (node.quoted ? "'" : "") + node.text + (node.quoted ? "'" : "");
    case NodeKind::sequence:
      for (const Node& item : node.items)
        text += (text.empty() ? "" : ",") + tree_of(item);
      return "[" + text + "]";
    case NodeKind::mapping:
      for (const Entry& entry : node.entries)
        text += (text.empty() ? "" : ",") + entry.key + ":" + tree_of(entry.value);
      return "{" + text + "}";
  }
  return text;
}

// The tree in one line, or the findings without the file's name.
std::string parsed(std::string_view text) {
  Findings findings;
  Node root;
  if (parse_yaml(text, findings.add_source("f"), findings, root)) return tree_of(root);
  std::string all;
  for (const Finding& finding : findings.all())
    all += findings.line(finding).substr(2) + "\n";
  return all.substr(0, all.size() - 1);
}

std::string first_error(std::string_view text) {
  Findings findings;
  Node root;
  parse_yaml(text, findings.add_source("f"), findings, root);
  return findings.all().empty() ? "ok" : findings.line(findings.all()[0]);
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i)
    all += text;
  return all;
}

std::string place_of(const Mark& mark) {
  return std::to_string(mark.line) + ":" + std::to_string(mark.column);
}

}  // namespace

TEST_GROUP(yaml) {
  Findings findings;
  Node root;

  bool parse(std::string_view text) {
    return parse_yaml(text, findings.add_source("f"), findings, root);
  }
};

TEST(yaml, scalars_lists_and_sections_become_a_tree) {
  static constexpr Row rows[] = {
      {"a: 1", "{a:1}"},
      {"a: 1\nb:\n  - x\n  - y: z\n", "{a:1,b:[x,{y:z}]}"},
      {"{a: [1, 'two', \"three\"]}", "{a:[1,'two','three']}"},
      {"a: |\n  one\n  two\n", "{a:'one\ntwo\n'}"},
      {"\"a b\": c", "{a b:c}"},
      {"80: port", "{80:port}"},
      {"%YAML 1.1\n---\na: 1\n...\n", "{a:1}"},
      {"\xef\xbb\xbf"
       "a: 1",
       "{a:1}"},
      {"{\"a\": {\"b\": [true, null]}}", "{a:{b:[true,null]}}"},
  };

  check_rows(rows, parsed);
}

TEST(yaml, nothing_is_null) {
  static constexpr Row rows[] = {
      {"", "null"},
      {"# only a comment\n", "null"},
      {"---\n", "null"},
      {"a:", "{a:null}"},
      {"a: ~", "{a:null}"},
      {"a: null", "{a:null}"},
      {"a: Null", "{a:null}"},
      {"a: NULL", "{a:null}"},
      {"a: nUll", "{a:nUll}"},
      {"a: ''", "{a:''}"},
      {"a: 'null'", "{a:'null'}"},
      {"- \n- x", "[null,x]"},
  };

  check_rows(rows, parsed);
}

TEST(yaml, anchors_are_copied_and_merge_keys_fill_what_is_not_given) {
  static constexpr Row rows[] = {
      {"a: &x {b: 1}\nc: *x", "{a:{b:1},c:{b:1}}"},
      {"a: &x 1\nb: [*x, *x]", "{a:1,b:[1,1]}"},
      {"a: &x {p: 1, q: 2}\nb: {<<: *x, q: 3}", "{a:{p:1,q:2},b:{q:3,p:1}}"},
      {"a: &x {p: 1}\nb: &y {p: 2, q: 3}\nc: {<<: [*x, *y]}", "{a:{p:1},b:{p:2,q:3},c:{p:1,q:3}}"},
      {"a: {<<: {p: 1}}", "{a:{p:1}}"},
      {"a: {\"<<\": {p: 1}}", "{a:{<<:{p:1}}}"},
      {"&k a: 1\n*k : 2",
       "2:1: error: key \"a\" is given twice in one section; first in line 1; keep one of them"},
      {"a: {<<: 1}",
       "1:9: error: \"<<\" merges sections, and this is a single value; write <<: *anchor"},
      {"a: *x",
       "1:4: error: alias \"*x\" has no anchor above it; write the anchor before it is used, and "
       "not inside itself"},
      {"a: &x [*x]",
       "1:8: error: alias \"*x\" has no anchor above it; write the anchor before it is used, and "
       "not inside itself"},
  };

  check_rows(rows, parsed);
}

TEST(yaml, what_is_not_a_configuration_is_an_error_with_its_place) {
  static constexpr Row rows[] = {
      {"a: 1\na: 2\nb: {c: 1, c: 2}",
       "2:1: error: key \"a\" is given twice in one section; first in line 1; keep one of them\n"
       "3:11: error: key \"c\" is given twice in one section; first in line 3; keep one of them"},
      {"a: 1\n---\nb: 2", "2:1: error: a second document in one file; put it in a file of its own"},
      {"a: !!str 1",
       "1:4: error: tags (\"!...\") are not understood; write the value without the tag"},
      {"a: !x {b: 1}",
       "1:4: error: tags (\"!...\") are not understood; write the value without the tag"},
      {"a: ! 1", "1:4: error: tags (\"!...\") are not understood; write the value without the tag"},
      {"? [a]\n: 1", "1:3: error: a list where a key is needed; write KEY: VALUE"},
      {"{[a]: 1}", "1:2: error: a list where a key is needed; write KEY: VALUE"},
      {"'': 1", "1:1: error: an empty text where a key is needed; write KEY: VALUE"},
      {"~: 1", "1:1: error: nothing where a key is needed; write KEY: VALUE"},
      {"a: b: c",
       "1:5: error: not valid YAML: mapping values are not allowed in this context; quote a value "
       "that holds \": \", and "
       "check the indentation"},
      {"a:\n\t- b",
       "2:1: error: not valid YAML: found character that cannot start any token while scanning for "
       "the next token that "
       "begins in line 2; indent with blanks, not with tabs, and quote values that begin with ` @ "
       "% or a comma"},
      {"a: [1, 2",
       "1:9: error: not valid YAML: did not find expected ',' or ']' while parsing a flow sequence "
       "that begins in line 1; "
       "check the indentation, the colons and the quotes here and in the lines above"},
      {"a: \"x",
       "1:6: error: not valid YAML: found unexpected end of stream while scanning a quoted scalar "
       "that begins in line 1; "
       "close the quote or bracket"},
      {"a: 1\nb: \x01",
       "2:4: error: not valid YAML: control characters are not allowed; take them out"},
      {"a: 1\nb: x\xff",
       "2:5: error: not valid YAML: invalid leading UTF-8 octet; save the file as UTF-8"},
  };

  check_rows(rows, parsed);
}

TEST(yaml, places_count_lines_and_bytes_from_one) {
  CHECK(parse("\xc3\xa4: [x, \"\xe2\x82\xac\", y]\r\n# c\r\nb:\r\n  c: d\r\n"));

  CHECK_EQUAL(std::string_view("1:1"), std::string_view(place_of(root.entries[0].key_mark)));
  CHECK_EQUAL(std::string_view("1:9"),
              std::string_view(place_of(root.entries[0].value.items[1].mark)));
  CHECK_EQUAL(std::string_view("1:16"),
              std::string_view(place_of(root.entries[0].value.items[2].mark)));
  CHECK_EQUAL(std::string_view("3:1"), std::string_view(place_of(root.entries[1].key_mark)));
  CHECK_EQUAL(std::string_view("4:6"),
              std::string_view(place_of(root.entries[1].value.entries[0].value.mark)));
}

TEST(yaml, an_alias_keeps_the_place_of_its_anchor) {
  CHECK(parse("a: &x\n  k: v\nb: *x"));

  CHECK_EQUAL(std::string_view("2:6"),
              std::string_view(place_of(root.entries[1].value.entries[0].value.mark)));
}

TEST(yaml, the_tree_is_null_after_an_error) {
  CHECK_FALSE(parse("a: 1\nb: [c"));

  CHECK(root.is_null());
}

TEST(yaml, depth_is_bounded) {
  CHECK_EQUAL(std::string_view("ok"),
              std::string_view(first_error(repeated("[", 100) + repeated("]", 100))));
  CHECK_EQUAL(std::string_view("f:1:101: error: nested deeper than 100 levels; flatten it"),
              std::string_view(first_error(repeated("[", 101) + repeated("]", 101))));
  CHECK_EQUAL(std::string_view("f:1:101: error: nested deeper than 100 levels; flatten it"),
              std::string_view(first_error(repeated("[", 10000))));
  CHECK_EQUAL(std::string_view("f:1:201: error: nested deeper than 100 levels; flatten it"),
              std::string_view(first_error(repeated("- ", 10000) + "x")));
}

TEST(yaml, depth_is_bounded_through_aliases_too) {
  const std::string half = "a: &x " + repeated("[", 60) + repeated("]", 60) + "\nb: ";

  CHECK_EQUAL(std::string_view("f:2:44: error: nested deeper than 100 levels; flatten it"),
              std::string_view(first_error(half + repeated("[", 40) + "*x" + repeated("]", 40))));
}

TEST(yaml, a_bomb_of_aliases_ends_as_an_error) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string one = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + repeated(one + ", ", 9) +
            one + "]\n";
  }

  // So many nodes fit into the bound: too many for the list of the leak detector.
  MemoryLeakWarningPlugin::turnOffNewDeleteOverloads();
  const bool is_refused =
      first_error(bomb).find("more than 200000 values by way of aliases") != std::string::npos;
  MemoryLeakWarningPlugin::turnOnDefaultNotThreadSafeNewDeleteOverloads();

  CHECK(is_refused);
}

TEST(yaml, a_bomb_of_text_ends_as_an_error) {
  const std::string bomb =
      "a: &a \"" + repeated("x", 1 << 20) + "\"\nb: [" + repeated("*a, ", 100) + "*a]";

  const std::string error = first_error(bomb);
  CHECK(
      error.ends_with("error: more than 64 MiB of text, aliases counted as often as used; split "
                      "the file, or use fewer aliases"));
}

TEST(yaml, a_scalar_of_ten_mebibytes_is_an_error) {
  CHECK_EQUAL(std::string_view("f:1:4: error: a value of 10485760 bytes; at most 1048576 are read; "
                               "put long content in a "
                               "file of its own and name the file"),
              std::string_view(first_error("a: " + repeated("x", 10 << 20))));
}

TEST(yaml, a_long_key_is_an_error) {
  CHECK_EQUAL(std::string_view("f:1:3: error: a key of 2000 bytes; at most 1024 are read; write "
                               "KEY: VALUE with a shorter key"),
              std::string_view(first_error("? " + repeated("k", 2000) + "\n: 1")));
}

TEST(yaml, places_on_one_long_line_cost_no_more_than_on_many) {
  CHECK(parse("a: [" + repeated("x, ", 200000) + "x]"));

  const Node& last = root.entries[0].value.items.back();
  CHECK_EQUAL(std::string_view("1:600005"), std::string_view(place_of(last.mark)));
}
