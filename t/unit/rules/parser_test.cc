// SPDX-License-Identifier: MIT
#include "rules/parser.h"

#include "core/text.h"
#include "t/lib/table.h"

#include <CppUTest/TestHarness.h>

using namespace pm;

namespace {

std::string shown_node(const rules::Tree& tree, std::uint32_t at) {
  const rules::Node& node = tree.nodes[at];
  std::string out = node.operation == rules::Operation::all_of     ? "and"
                    : node.operation == rules::Operation::any_of   ? "or"
                    : node.operation == rules::Operation::negation ? "not"
                                                                   : node.name;
  out += '[';
  for (const rules::Argument& argument : node.arguments) {
    if (out.back() != '[') out += ',';
    out += argument.value;
  }
  for (const std::uint32_t child : node.children) {
    if (out.back() != '[') out += ' ';
    out += shown_node(tree, child);
  }
  return out + ']';
}

// The tree, or "offset: what; advice".
std::string parsed(std::string_view text) {
  rules::Tree tree;
  rules::RuleError error;
  if (rules::parse(text, tree, error)) return shown_node(tree, tree.root);
  const std::string what = std::to_string(error.offset) + ": " + error.what;
  return error.advice.empty() ? what : what + "; " + error.advice;
}

}  // namespace

TEST_GROUP(rule_parser){};

TEST(rule_parser, operators_bind_as_in_go) {
  const Row rows[] = {
      {"A(`1`)", "A[1]"},
      {"A(`1`) && B(`2`) || C(`3`)", "or[and[A[1] B[2]] C[3]]"},
      {"A(`1`) || B(`2`) && C(`3`)", "or[A[1] and[B[2] C[3]]]"},
      {"A(`1`) || B(`2`) || C(`3`)", "or[A[1] B[2] C[3]]"},
      {"(A(`1`) || B(`2`)) && C(`3`)", "and[or[A[1] B[2]] C[3]]"},
      {"!A(`1`) && B(`2`)", "and[not[A[1]] B[2]]"},
      {"!(A(`1`) && B(`2`))", "not[and[A[1] B[2]]]"},
      {"!!A(`1`)", "A[1]"},
      {"!!!A(`1`)", "not[A[1]]"},
      {"!(!A(`1`))", "not[not[A[1]]]"},
      {"((A(`1`)))", "A[1]"},
      {"A(`1`, `2`)", "A[1,2]"},
  };
  check_rows(rows, parsed);
}

TEST(rule_parser, blanks_and_comments_mean_nothing) {
  const Row rows[] = {
      {"  A( `1` )&&B(`2`)  ", "and[A[1] B[2]]"},
      {"A(`1`) ||\n  B(`2`)\n", "or[A[1] B[2]]"},
      {"A(`1`)\n|| B(\t`2`\r\n)", "or[A[1] B[2]]"},
      {"/* who */ A /**/ (`1` /* what */)", "A[1]"},
  };
  check_rows(rows, parsed);
}

TEST(rule_parser, strings_are_raw_or_have_the_escapes_of_go) {
  const Row rows[] = {
      {"A(`a\\.b\"`)", "A[a\\.b\"]"},
      {"A(\"a\\\\.b\")", "A[a\\.b]"},
      {R"(A("\a\b\f\n\r\t\v\\\""))", "A[\a\b\f\n\r\t\v\\\"]"},
      {R"(A("\x41\101\u00e9\U0001F600"))", "A[AA\xc3\xa9\xf0\x9f\x98\x80]"},
      {"A(\"`\")", "A[`]"},
      {"A(`\xc3\xa9`)", "A[\xc3\xa9]"},
      {"A(`/* no comment */`)", "A[/* no comment */]"},
  };
  check_rows(rows, parsed);
}

TEST(rule_parser, says_how_an_argument_is_quoted) {
  const Row rows[] = {
      {"Host(example.com)", "5: argument must be quoted with ` or \"; write Host(`example.com`)"},
      {"Host('example.com')", "5: argument must be quoted with ` or \"; write Host(`example.com`)"},
      {"Path(/foo)", "5: argument must be quoted with ` or \"; write Path(`/foo`)"},
      {"Host(`a`) && Path(7)", "18: argument must be quoted with ` or \"; write Path(`7`)"},
      {"Header(`X`, y)", "12: argument must be quoted with ` or \"; write Header(`y`)"},
      {"Host(", "5: argument must be quoted with ` or \"; write Host(`value`)"},
      {"Host(`a`,)", "9: argument must be quoted with ` or \"; write Host(`value`)"},
      {"Host(Path(`a`))", "5: argument must be quoted with ` or \"; write Host(`Path(`a`)"},
  };
  check_rows(rows, parsed);
}

TEST(rule_parser, says_what_is_wrong_and_where) {
  const Row rows[] = {
      {"", "0: it is empty; write a matcher, such as Host(`example.com`)"},
      {" /* x */ ", "0: it is empty; write a matcher, such as Host(`example.com`)"},
      {"Host()", "0: Host has no arguments; write Host(`value`)"},
      {"Host(``)", "5: Host: argument is empty; write a value between the quotes"},
      {"Host", "0: \"Host\" at column 1 has no arguments; write a matcher as Name(`value`)"},
      {"Host(`a`", "8: \")\" is missing after the arguments of Host; close it with \")\""},
      {"Host(`a` `b`)",
       "9: \",\" or \")\" is missing before \"`b`\" at column 10; separate arguments "
       "with \",\" and close them with \")\""},
      {"Host(`a`))", "9: \")\" at column 10 closes nothing; take it away"},
      {"(Host(`a`)", "0: \"(\" at column 1 is not closed; write ) behind its content"},
      {"Host(`a`) Path(`/b`)",
       "10: operator is missing before \"Path\" at column 11; join matchers with && or ||"},
      {"Host(`a`) and Path(`/b`)",
       "10: operator is missing before \"and\" at column 11; join matchers with && or ||"},
      {"Host(`a`) &&",
       "12: a matcher is missing at the end; write one, such as Host(`example.com`)"},
      {"Host(`a`) && && Path(`/`)", "13: unexpected \"&&\" at column 14"},
      {"Host(`a`) & Path(`/`)", "10: unexpected \"&\" at column 11; write &&"},
      {"Host(`a`) | Path(`/`)", "10: unexpected \"|\" at column 11; write ||"},
      {"Host(`a`) == Path(`/`)",
       "10: unexpected \"==\" at column 11; a rule knows the operators &&, || and !"},
      {"Host(`a`) != Path(`/`)",
       "10: unexpected \"!=\" at column 11; a rule knows the operators &&, || and !"},
      {"`example.com`",
       "0: string at column 1 belongs to no matcher; write Host(`example.com`) or another matcher"},
      {"Host(`a)", "5: string that begins at column 6 is not closed; write ` behind it"},
      {"Host(\"a)", "5: string that begins at column 6 is not closed; write \" behind it"},
      {"Host(\"a\nb\")", "5: string that begins at column 6 is not closed; write \" behind it"},
      {"Host(\"a\\.b\")",
       "7: unknown escape at column 8; write \\\\ for a backslash, or quote the string with `"},
      {"Host(\"\\ud800\")",
       "6: unknown escape at column 7; write \\\\ for a backslash, or quote the string with `"},
      {"Host(\"\\400\")",
       "6: unknown escape at column 7; write \\\\ for a backslash, or quote the string with `"},
      {"Host(`a`) /* x", "10: comment is not closed; write */ behind it"},
      {"!", "1: a matcher is missing at the end; write one, such as Host(`example.com`)"},
      {"()", "1: unexpected \")\" at column 2"},
  };
  check_rows(rows, parsed);
}

TEST(rule_parser, a_rule_may_be_four_kibibytes_long) {
  const std::string text = "A(`" + std::string(rules::max_rule_bytes - 5, 'x') + "`)";

  CHECK_EQUAL(std::string("A["), parsed(text).substr(0, 2));
  CHECK_EQUAL(
      std::string(
          "4096: it is longer than 4096 bytes; split it into several routers of one service"),
      parsed(text + " "));
}

TEST(rule_parser, parentheses_nest_up_to_a_bound) {
  const auto nested = [](std::size_t depth) {
    return parsed(std::string(depth, '(') + "A(`1`)" + std::string(depth, ')'));
  };

  CHECK_EQUAL(std::string("A[1]"), nested(64));
  CHECK_EQUAL(std::string("64: parentheses are nested more than 64 deep; use fewer parentheses"),
              nested(65));
}

TEST(rule_parser, groups_side_by_side_do_not_add_up) {
  std::string text = "(A(`1`))";
  for (int i = 0; i < 100; ++i)
    text += " && (A(`1`))";

  CHECK_EQUAL(std::string("and[A[1]"), parsed(text).substr(0, 8));
}
