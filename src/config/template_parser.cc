// SPDX-License-Identifier: MIT
#include "config/template_parser.h"

#include "config/template_lexer.h"
#include "config/template_literal.h"
#include "core/text.h"

#include <fmt/format.h>

namespace pm::config::templates {
namespace {

constexpr std::size_t max_nesting = 64;
constexpr std::size_t max_parts = 100'000;
constexpr std::size_t max_variables = 256;  // in scope: each use looks through them

constexpr std::string_view keywords[] = {"if", "else", "end", "range"};
constexpr std::string_view missing_keywords[] = {"with",  "define",   "template", "block",
                                                 "break", "continue", "nil"};

bool is_one_of(std::span<const std::string_view> words, std::string_view word) noexcept {
  for (const std::string_view candidate : words) {
    if (candidate == word) return true;
  }
  return false;
}

// Every reading function answers false once a mistake is noted, and all callers then leave.
class Parser {
 public:
  explicit Parser(std::string_view text) : lexer_(text) { advance(); }

  Tree parse() {
    Tree tree;
    read_statements(tree.statements);
    tree.mistake = std::move(mistake_);
    return tree;
  }

 private:
  void advance() noexcept { token_ = lexer_.next(); }
  bool refuse(std::string what, std::string advice) {
    return refuse_at(token_.offset, std::move(what), std::move(advice));
  }
  bool refuse_at(std::size_t offset, std::string what, std::string advice = {});
  bool refuse_token(std::string_view where);
  bool count_part();
  bool enter();
  bool accept(TokenKind kind);
  bool expect_close(std::string_view where);
  bool expect_end_word(std::string_view word);

  bool read_statements(std::vector<Statement>& out);
  bool read_action(std::vector<Statement>& out, bool& ends);
  bool read_branch(Statement& statement);
  bool read_range(Statement& statement);
  bool read_arm(Arm& arm);
  bool read_pipeline(Pipeline& pipeline, bool in_range);
  bool read_targets(Pipeline& pipeline, bool in_range);
  bool read_command(Command& command, bool first);
  bool check_command(const Command& command, bool first);
  bool read_operand(Operand& operand);
  bool read_word(Operand& operand);
  bool read_variable(Operand& operand);
  bool read_literal(Operand& operand, TokenKind kind, std::string_view text);
  bool refuse_word(std::string_view word);

  Lexer lexer_;
  Token token_;
  std::string_view peeked_word_;  // "else" or "end" behind an open token that ended a list
  std::optional<Mistake> mistake_;
  std::vector<std::string_view> variables_{"$"};
  std::size_t nesting_ = 0;
  std::size_t parts_ = 0;
};

bool Parser::refuse_at(std::size_t offset, std::string what, std::string advice) {
  if (!mistake_) mistake_ = Mistake{offset, std::move(what), std::move(advice)};
  return false;
}

bool Parser::refuse_token(std::string_view where) {
  if (token_.kind == TokenKind::wrong) return refuse(std::string(token_.text), "");
  if (token_.kind == TokenKind::end)
    return refuse(fmt::format("the file ends within {}", where), "");
  return refuse(fmt::format("unexpected {} in {}", text::quoted(token_.text, 40), where), "");
}

bool Parser::count_part() {
  if (++parts_ <= max_parts) return true;
  return refuse(fmt::format("the template has more than {} parts", max_parts), "");
}

bool Parser::enter() {
  if (++nesting_ <= max_nesting) return true;
  return refuse(fmt::format("the template is nested deeper than {}", max_nesting), "");
}

bool Parser::accept(TokenKind kind) {
  if (token_.kind != kind) return false;
  advance();
  return true;
}

bool Parser::expect_close(std::string_view where) {
  return accept(TokenKind::close) || refuse_token(where);
}

// Statements up to the end of the file or an action that begins with else or end: that one is opened and its word is
// peeked.
bool Parser::read_statements(std::vector<Statement>& out) {
  bool ends = false;
  while (!ends) {
    if (token_.kind == TokenKind::end) return true;
    if (token_.kind == TokenKind::wrong) return refuse_token("the text");
    if (!count_part()) return false;
    if (token_.kind == TokenKind::open) {
      if (!read_action(out, ends)) return false;
      continue;
    }
    Statement statement;
    statement.offset = token_.offset;
    statement.text = token_.text;
    out.push_back(std::move(statement));
    advance();
  }
  return true;
}

bool Parser::read_action(std::vector<Statement>& out, bool& ends) {
  const Token open = token_;
  advance();
  const std::string_view word = token_.kind == TokenKind::word ? token_.text : "";
  if (word == "else" || word == "end") {
    peeked_word_ = word;
    ends = true;
    if (nesting_ == 0)
      return refuse(fmt::format("unexpected {}", word), "it needs an if or a range before it");
    return true;
  }
  Statement statement;
  statement.offset = open.offset;
  if (word == "if" || word == "range") {
    statement.kind = word == "if" ? StatementKind::branch : StatementKind::range;
    const std::size_t scope = variables_.size();
    if (!enter()) return false;
    advance();
    if (!(word == "if" ? read_branch(statement) : read_range(statement))) return false;
    --nesting_;
    variables_.resize(scope);
  } else {
    statement.kind = StatementKind::print;
    if (!read_pipeline(statement.pipeline, false) || !expect_close("an action")) return false;
  }
  out.push_back(std::move(statement));
  return true;
}

// The body of an arm. Variables declared in it end with it.
bool Parser::read_arm(Arm& arm) {
  const std::size_t scope = variables_.size();
  if (!read_statements(arm.body)) return false;
  variables_.resize(scope);
  if (token_.kind == TokenKind::end) return refuse_token("an if or range that has no {{end}}");
  advance();
  return true;
}

// Behind the word "if".
bool Parser::read_branch(Statement& statement) {
  bool more = true;
  while (more) {
    Arm arm;
    if (!count_part() || !read_pipeline(arm.condition, false) || !expect_close("if")) return false;
    if (!read_arm(arm)) return false;
    statement.arms.push_back(std::move(arm));
    more = peeked_word_ == "else" && token_.kind == TokenKind::word && token_.text == "if";
    if (more) advance();
  }
  if (peeked_word_ == "else") {
    Arm last;
    if (!expect_close("else") || !read_arm(last)) return false;
    statement.arms.push_back(std::move(last));
  }
  return expect_end_word("if");
}

// Behind the word "range".
bool Parser::read_range(Statement& statement) {
  if (!read_pipeline(statement.pipeline, true) || !expect_close("range")) return false;
  statement.arms.emplace_back();
  if (!read_arm(statement.arms.back())) return false;
  if (peeked_word_ == "else") {
    statement.arms.emplace_back();
    if (!expect_close("else") || !read_arm(statement.arms.back())) return false;
  }
  return expect_end_word("range");
}

bool Parser::expect_end_word(std::string_view word) {
  if (peeked_word_ != "end") return refuse(fmt::format("a second else of one {}", word), "");
  return expect_close("end");
}

bool Parser::read_targets(Pipeline& pipeline, bool in_range) {
  // What looks like a target may be an operand: only the token behind the variables tells.
  const Lexer lexer_before = lexer_;
  const Token token_before = token_;
  std::vector<Token> names;
  while (token_.kind == TokenKind::variable) {
    names.push_back(token_);
    advance();
    if (token_.kind != TokenKind::comma) break;
    if (!in_range || names.size() == 2) return refuse("too many variables before := or =", "");
    advance();
  }
  const bool declares = token_.kind == TokenKind::declare;
  if (names.empty() || (!declares && token_.kind != TokenKind::assign)) {
    if (names.size() > 1) return refuse_token("range");
    lexer_ = lexer_before;
    token_ = token_before;
    return true;
  }
  advance();
  pipeline.assigns = !declares;
  for (const Token& name : names) {
    if (name.text == "$")
      return refuse_at(name.offset, "$ cannot be set", "give the variable a name");
    if (!declares && !is_one_of(variables_, name.text)) {
      return refuse_at(name.offset, fmt::format("undefined variable {}", name.text),
                       "declare it with :=");
    }
    pipeline.targets.push_back(name.text);
  }
  return true;
}

bool Parser::read_pipeline(Pipeline& pipeline, bool in_range) {
  if (!read_targets(pipeline, in_range)) return false;
  do {
    Command command;
    if (!read_command(command, pipeline.commands.empty())) return false;
    pipeline.commands.push_back(std::move(command));
  } while (accept(TokenKind::pipe));
  if (!pipeline.assigns) {
    variables_.insert(variables_.end(), pipeline.targets.begin(), pipeline.targets.end());
    if (variables_.size() > max_variables) {
      return refuse(fmt::format("there are more than {} variables", max_variables), "");
    }
  }
  return true;
}

bool Parser::read_command(Command& command, bool first) {
  while (token_.kind != TokenKind::pipe && token_.kind != TokenKind::close &&
         token_.kind != TokenKind::right_paren) {
    if (!command.operands.empty() && !token_.apart) return refuse_token("a list of arguments");
    Operand operand;
    if (!count_part() || !read_operand(operand)) return false;
    command.operands.push_back(std::move(operand));
  }
  if (command.operands.empty()) return refuse("a value is missing", "");

  return check_command(command, first);
}

bool Parser::check_command(const Command& command, bool first) {
  const Operand& head = command.operands[0];
  for (const Operand& operand : std::span(command.operands).subspan(1)) {
    if (operand.kind != OperandKind::function) continue;
    return refuse_at(operand.offset, fmt::format("{} needs arguments here", operand.function->name),
                     fmt::format("put it in parentheses: ({})", operand.function->usage));
  }
  if (head.kind == OperandKind::function) {
    const std::size_t given = command.operands.size() - (first ? 1 : 0);
    if (given >= head.function->least && given <= head.function->most) return true;
    return refuse_at(head.offset,
                     fmt::format("wrong number of arguments of {}", head.function->name),
                     fmt::format("write {}", head.function->usage));
  }
  if (!first) return refuse_at(head.offset, "only a function may stand behind a |");
  if (command.operands.size() > 1) return refuse_at(head.offset, "only a function takes arguments");
  return true;
}

bool Parser::read_operand(Operand& operand) {
  const Token token = token_;
  operand.offset = token.offset;
  switch (token.kind) {
    case TokenKind::dot: operand.kind = OperandKind::dot; break;
    case TokenKind::word: return read_word(operand);
    case TokenKind::variable: return read_variable(operand);
    case TokenKind::number:
    case TokenKind::string: return read_literal(operand, token.kind, token.text);
    case TokenKind::left_paren:
      operand.kind = OperandKind::nested;
      operand.nested = std::make_unique<Pipeline>();
      advance();
      if (!enter() || !read_pipeline(*operand.nested, false)) return false;
      --nesting_;
      if (token_.kind != TokenKind::right_paren) return refuse_token("parentheses");
      break;
    case TokenKind::field:
      return refuse(fmt::format("{} is not supported", token.text),
                    "there are no objects with fields");
    case TokenKind::end:
    case TokenKind::wrong:
    case TokenKind::text:
    case TokenKind::open:
    case TokenKind::close:
    case TokenKind::declare:
    case TokenKind::assign:
    case TokenKind::pipe:
    case TokenKind::comma:
    case TokenKind::right_paren: return refuse_token("an action");
  }
  advance();
  return true;
}

bool Parser::refuse_word(std::string_view word) {
  if (is_one_of(keywords, word)) return refuse(fmt::format("unexpected {}", word), "");
  if (is_one_of(missing_keywords, word)) {
    return refuse(fmt::format("{} is not supported in templates", word),
                  "if, else, end and range are");
  }
  const std::string nearest = nearest_function(word);
  return refuse(fmt::format("function {} is not supported", text::quoted(word, 40)),
                nearest.empty() ? "" : fmt::format("did you mean \"{}\"?", nearest));
}

bool Parser::read_word(Operand& operand) {
  if (token_.text == "true" || token_.text == "false") {
    operand.kind = OperandKind::literal;
    operand.literal = truth_value(token_.text == "true");
    advance();
    return true;
  }
  operand.kind = OperandKind::function;
  operand.function = find_function(token_.text);
  if (operand.function == nullptr) return refuse_word(token_.text);
  advance();
  return true;
}

bool Parser::read_variable(Operand& operand) {
  if (!is_one_of(variables_, token_.text)) {
    return refuse(fmt::format("undefined variable {}", token_.text), "");
  }
  operand.kind = OperandKind::variable;
  operand.variable = token_.text;
  advance();
  return true;
}

bool Parser::read_literal(Operand& operand, TokenKind kind, std::string_view text) {
  operand.kind = OperandKind::literal;
  if (kind == TokenKind::string) {
    std::string out;
    if (!unquote(text, out)) {
      return refuse("an escape in this string is not one of Go's",
                    "write a backslash twice, or use `...`");
    }
    operand.literal = text_value(std::move(out));
  } else {
    const auto number = parse_number(text);
    if (!number) return refuse(fmt::format("{} is not a number", text::quoted(text, 40)), "");
    operand.literal = *number;
  }
  advance();
  return true;
}

}  // namespace

Tree parse(std::string_view text) {
  return Parser(text).parse();
}

}  // namespace pm::config::templates
