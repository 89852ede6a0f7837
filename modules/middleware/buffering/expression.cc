// SPDX-License-Identifier: MIT
#include "modules/middleware/buffering/expression.h"

#include "core/number.h"
#include "core/text.h"

namespace pm::buffering {

bool Expression::compare(std::int64_t a, Op op, std::int64_t b) noexcept {
  switch (op) {
    case Op::equal: return a == b;
    case Op::unequal: return a != b;
    case Op::less: return a < b;
    case Op::at_most: return a <= b;
    case Op::more: return a > b;
    case Op::at_least: return a >= b;
  }
  return false;
}

bool Expression::holds(const Facts& facts, std::size_t at) const noexcept {
  const Node& node = nodes_[at];
  switch (node.kind) {
    case Kind::both: return holds(facts, node.left) && holds(facts, node.right);
    case Kind::either: return holds(facts, node.left) || holds(facts, node.right);
    case Kind::attempts: return compare(facts.attempts, node.op, node.number);
    case Kind::status: return compare(facts.status, node.op, node.number);
    case Kind::method: return (facts.method == node.text) == (node.op == Op::equal);
    case Kind::network: return facts.status == 502 || facts.status == 504;
  }
  return false;
}

// Recursive descent; how deep it goes is bounded by the parentheses of at most `longest` bytes.
class Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) {}

  Result<Expression> run() {
    PM_TRY(out_.root_, either());
    skip();
    if (!rest_.empty()) return wrong("nothing can stand before " + text::quoted(rest_, 20));
    return std::move(out_);
  }

 private:
  using Kind = Expression::Kind;
  using Op = Expression::Op;
  using Place = Result<std::size_t>;
  static constexpr int deepest = 100;

  static Error wrong(std::string what) { return {Errc::bad_value, "", std::move(what)}; }
  void skip() { rest_ = text::trim(rest_); }
  bool take(std::string_view word) {
    skip();
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  std::size_t add(Expression::Node node) {
    out_.nodes_.push_back(std::move(node));
    return out_.nodes_.size() - 1;
  }

  Place either() {
    PM_TRY(auto left, both());
    while (take("||")) {
      PM_TRY(auto right, both());
      left = add({.kind = Kind::either, .text = {}, .left = left, .right = right});
    }
    return left;
  }
  Place both() {
    PM_TRY(auto left, term());
    while (take("&&")) {
      PM_TRY(auto right, term());
      left = add({.kind = Kind::both, .text = {}, .left = left, .right = right});
    }
    return left;
  }
  Place term() {
    if (take("(")) {
      if (++depth_ > deepest) return wrong("there are too many parentheses in one another");
      PM_TRY(auto inner, either());
      --depth_;
      if (!take(")")) return wrong("a parenthesis is not closed");
      return inner;
    }
    if (take("IsNetworkError()")) return add({.kind = Kind::network, .text = {}});
    if (take("RequestMethod()")) return method();
    if (take("Attempts()")) return number(Kind::attempts);
    if (take("ResponseCode()")) return number(Kind::status);
    return wrong(
        "Attempts(), ResponseCode(), RequestMethod() or IsNetworkError() should stand at " +
        (rest_.empty() ? std::string("the end") : text::quoted(rest_, 20)));
  }
  Place number(Kind kind) {
    Op op = Op::equal;
    if (!take_op(op)) return wrong("a comparison with a number is missing");
    skip();
    std::size_t digits = 0;
    while (digits < rest_.size() && text::is_digit(rest_[digits]))
      ++digits;
    const auto value = parse_i64(rest_.substr(0, digits));
    if (!value) return wrong("a whole number should stand at " + text::quoted(rest_, 20));
    rest_.remove_prefix(digits);
    return add({.kind = kind, .op = op, .number = *value, .text = {}});
  }
  Place method() {
    Op op = Op::equal;
    if (!take_op(op) || (op != Op::equal && op != Op::unequal))
      return wrong("RequestMethod() is compared by == or != only");
    skip();
    const char quote = rest_.empty() ? '\0' : rest_.front();
    const std::size_t end =
        quote == '"' || quote == '`' ? rest_.find(quote, 1) : std::string_view::npos;
    if (end == std::string_view::npos)
      return wrong("RequestMethod() is compared with a text in quotes");
    std::string text(rest_.substr(1, end - 1));
    rest_.remove_prefix(end + 1);
    return add({.kind = Kind::method, .op = op, .text = std::move(text)});
  }
  bool take_op(Op& op) {
    constexpr std::pair<std::string_view, Op> all[] = {{"==", Op::equal},   {"!=", Op::unequal},
                                                       {"<=", Op::at_most}, {">=", Op::at_least},
                                                       {"<", Op::less},     {">", Op::more}};
    for (const auto& [word, meaning] : all) {
      if (!take(word)) continue;
      op = meaning;
      return true;
    }
    return false;
  }

  std::string_view rest_;
  Expression out_;
  int depth_ = 0;
};

Result<Expression> Expression::compile(std::string_view text) {
  return Parser(text).run();
}

}  // namespace pm::buffering
