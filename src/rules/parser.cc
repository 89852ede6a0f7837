// SPDX-License-Identifier: MIT
#include "rules/parser.h"

#include "core/text.h"
#include "rules/lexer.h"

#include <fmt/format.h>

namespace pm::rules {
namespace {

// One word of look-ahead, one function a line of the grammar. Every function leaves the word behind what it read in
// `token_` and returns the index of its node, or `failed` with the error set.
class Parser {
 public:
  Parser(std::string_view text, Tree& tree) : text_(text), lexer_(text), tree_(tree) { advance(); }

  bool parse_rule();
  RuleError& error() noexcept { return error_; }

 private:
  static constexpr std::uint32_t failed = UINT32_MAX;

  std::uint32_t parse_chain(Operation operation);
  std::uint32_t parse_operand(Operation operation);
  std::uint32_t parse_unary();
  std::uint32_t parse_group();
  std::uint32_t parse_call();
  bool parse_arguments(Node& call);
  bool is_broken_string() const noexcept;
  void unquoted_argument(const Node& call);
  bool after_operand();

  void advance() { token_ = lexer_.next(); }
  std::uint32_t add(Node node);
  std::uint32_t fail(std::size_t offset, std::string what, std::string advice = {});
  std::uint32_t unexpected();

  std::string_view text_;
  Lexer lexer_;
  Tree& tree_;
  Token token_;
  RuleError error_;
  unsigned depth_ = 0;
};

std::uint32_t Parser::add(Node node) {
  tree_.nodes.push_back(std::move(node));
  return static_cast<std::uint32_t>(tree_.nodes.size() - 1);
}

std::uint32_t Parser::fail(std::size_t offset, std::string what, std::string advice) {
  error_ = {static_cast<std::uint32_t>(offset), std::move(what), std::move(advice)};
  return failed;
}

// What to say of a word that cannot stand where it stands.
std::uint32_t Parser::unexpected() {
  if (token_.kind == TokenKind::bad) {
    error_ = lexer_.error();
    return failed;
  }
  if (token_.kind == TokenKind::end) {
    return fail(token_.offset, "a matcher is missing at the end",
                "write one, such as Host(`example.com`)");
  }
  if (token_.kind == TokenKind::string) {
    return fail(token_.offset,
                fmt::format("string at column {} belongs to no matcher", token_.offset + 1),
                fmt::format("write Host({}) or another matcher", token_.text));
  }
  return fail(token_.offset, fmt::format("unexpected {} at column {}", text::quoted(token_.text),
                                         token_.offset + 1));
}

bool Parser::parse_rule() {
  if (token_.kind == TokenKind::end) {
    fail(0, "it is empty", "write a matcher, such as Host(`example.com`)");
    return false;
  }
  tree_.root = parse_chain(Operation::any_of);
  if (tree_.root == failed) return false;
  return token_.kind == TokenKind::end || after_operand();
}

// A whole operand was read and neither an operator nor the end follows.
bool Parser::after_operand() {
  if (token_.kind == TokenKind::close) {
    fail(token_.offset, fmt::format("\")\" at column {} closes nothing", token_.offset + 1),
         "take it away");
    return false;
  }
  if (token_.kind == TokenKind::bad || token_.kind == TokenKind::comma) {
    unexpected();
    return false;
  }
  fail(token_.offset,
       fmt::format("operator is missing before {} at column {}", text::quoted(token_.text),
                   token_.offset + 1),
       "join matchers with && or ||");
  return false;
}

// or := and { "||" and } ; and := unary { "&&" unary }
std::uint32_t Parser::parse_chain(Operation operation) {
  const TokenKind joint = operation == Operation::any_of ? TokenKind::either : TokenKind::both;
  const std::uint32_t offset = token_.offset;
  const std::uint32_t first = parse_operand(operation);
  if (first == failed || token_.kind != joint) return first;
  Node node{operation, offset, 0, {}, {}, {first}};
  while (token_.kind == joint) {
    advance();
    const std::uint32_t operand = parse_operand(operation);
    if (operand == failed) return failed;
    node.children.push_back(operand);
  }
  return add(std::move(node));
}

std::uint32_t Parser::parse_operand(Operation operation) {
  return operation == Operation::any_of ? parse_chain(Operation::all_of) : parse_unary();
}

std::uint32_t Parser::parse_unary() {
  const std::uint32_t offset = token_.offset;
  bool negated = false;
  while (token_.kind == TokenKind::negate) {
    negated = !negated;
    advance();
  }
  const std::uint32_t operand = token_.kind == TokenKind::open ? parse_group() : parse_call();
  if (operand == failed || !negated) return operand;
  return add({Operation::negation, offset, 0, {}, {}, {operand}});
}

std::uint32_t Parser::parse_group() {
  const std::uint32_t offset = token_.offset;
  if (++depth_ > max_rule_depth) {
    return fail(offset, fmt::format("parentheses are nested more than {} deep", max_rule_depth),
                "use fewer parentheses");
  }
  advance();
  const std::uint32_t inside = parse_chain(Operation::any_of);
  if (inside == failed) return failed;
  if (token_.kind != TokenKind::close) {
    if (token_.kind == TokenKind::end) {
      return fail(offset, fmt::format("\"(\" at column {} is not closed", offset + 1),
                  "write ) behind its content");
    }
    after_operand();
    return failed;
  }
  advance();
  --depth_;
  return inside;
}

std::uint32_t Parser::parse_call() {
  if (token_.kind != TokenKind::name) return unexpected();
  Node call{Operation::call, token_.offset, 0, std::string(token_.text), {}, {}};
  advance();
  if (token_.kind == TokenKind::bad) return unexpected();
  if (token_.kind != TokenKind::open) {
    return fail(
        call.offset,
        fmt::format("{} at column {} has no arguments", text::quoted(call.name), call.offset + 1),
        "write a matcher as Name(`value`)");
  }
  if (!parse_arguments(call)) return failed;
  call.length = token_.offset + 1 - call.offset;
  advance();
  return add(std::move(call));
}

// From the "(" to the ")", which is left in token_.
bool Parser::parse_arguments(Node& call) {
  do {
    advance();
    if (token_.kind == TokenKind::close && call.arguments.empty()) {
      fail(call.offset, fmt::format("{} has no arguments", call.name),
           fmt::format("write {}(`value`)", call.name));
      return false;
    }
    if (token_.kind != TokenKind::string) {
      if (is_broken_string()) {
        unexpected();
      } else {
        unquoted_argument(call);
      }
      return false;
    }
    if (token_.value.empty()) {
      fail(token_.offset, fmt::format("{}: argument is empty", call.name),
           "write a value between the quotes");
      return false;
    }
    call.arguments.push_back({std::move(token_.value), token_.offset});
    advance();
  } while (token_.kind == TokenKind::comma);
  if (token_.kind == TokenKind::close) return true;
  if (token_.kind == TokenKind::bad) {
    unexpected();
    return false;
  }
  if (token_.kind == TokenKind::end) {
    fail(token_.offset, fmt::format("\")\" is missing after the arguments of {}", call.name),
         "close it with \")\"");
    return false;
  }
  fail(token_.offset,
       fmt::format("\",\" or \")\" is missing before {} at column {}", text::quoted(token_.text),
                   token_.offset + 1),
       "separate arguments with \",\" and close them with \")\"");
  return false;
}

// A string or comment that does not end, or an escape that is none, has its own message. Of anything else in the place of
// an argument the missing quotes are the better explanation.
bool Parser::is_broken_string() const noexcept {
  if (token_.kind != TokenKind::bad) return false;
  const std::string_view rest = text_.substr(token_.offset);
  return rest.starts_with('`') || rest.starts_with('"') || rest.starts_with('\\') ||
         rest.starts_with("/*");
}

// Host(example.com), Host('example.com'), Host(: shows the call as it should have been written.
void Parser::unquoted_argument(const Node& call) {
  const std::size_t from = token_.offset;
  std::size_t end = text_.find_first_of(",)", from);
  if (end == std::string_view::npos) end = text_.size();
  std::string_view word = text::trim(text_.substr(from, end - from));
  while (!word.empty() && (word.front() == '\'' || word.front() == '"' || word.front() == '`'))
    word.remove_prefix(1);
  while (!word.empty() && (word.back() == '\'' || word.back() == '"' || word.back() == '`'))
    word.remove_suffix(1);
  const std::string shown = word.empty() ? "value" : std::string(word.substr(0, 200));
  fail(from, "argument must be quoted with ` or \"",
       fmt::format("write {}(`{}`)", call.name, shown));
}

}  // namespace

bool parse(std::string_view text, Tree& tree, RuleError& error) {
  if (text.size() > max_rule_bytes) {
    error = {max_rule_bytes, fmt::format("it is longer than {} bytes", max_rule_bytes),
             "split it into several routers of one service"};
    return false;
  }
  Parser parser(text, tree);
  if (parser.parse_rule()) return true;
  error = std::move(parser.error());
  return false;
}

}  // namespace pm::rules
