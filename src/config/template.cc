// SPDX-License-Identifier: MIT
#include "config/template.h"

#include "config/template_parser.h"
#include "core/check.h"

#include <fmt/format.h>

namespace pm::config {
namespace {

using namespace templates;

constexpr std::size_t max_output = 16 << 20;
constexpr std::size_t max_steps = 1'000'000;
constexpr std::size_t max_copied = 64 << 20;  // bytes of values that were copied or made

// What a template does, statement by statement. Every function answers false, or nothing, once a mistake is noted.
class Runner {
 public:
  Runner(std::string_view source, const Environment& environment)
      : source_(source), environment_(environment) {
    variables_.push_back({"$", Value{}});
  }

  bool run(const std::vector<Statement>& statements, const Value& dot);
  Rendered take() {
    map_.finish(source_, out_);
    return {std::move(out_), std::move(map_)};
  }
  const Mistake& mistake() const noexcept { return mistake_; }

 private:
  struct Variable {
    std::string_view name;
    Value value;
  };

  bool run_one(const Statement& statement, const Value& dot);
  bool run_branch(const Statement& statement, const Value& dot);
  bool run_range(const Statement& statement, const Value& dot);
  bool run_round(const Statement& statement, Value index, Value item);
  bool print(const Statement& statement, const Value& value);
  std::optional<Value> evaluate(const Pipeline& pipeline, const Value& dot);
  std::optional<Value> call(const Command& command, const Value& dot, std::optional<Value> last);
  std::optional<Value> call_lazily(const Command& command, const Value& dot,
                                   std::optional<Value> last);
  std::optional<Value> operand_value(const Operand& operand, const Value& dot);
  void bind(const Pipeline& pipeline, std::size_t index, const Value& value);
  Value* find(std::string_view name) noexcept;
  bool spend(std::size_t offset, std::size_t bytes = 0);
  bool refuse(std::size_t offset, std::string what, std::string advice = {});

  std::string_view source_;
  const Environment& environment_;
  std::string out_;
  SourceMap map_;
  std::vector<Variable> variables_;  // a stack: the newest of a name counts
  std::size_t steps_ = 0;
  std::size_t copied_ = 0;
  Mistake mistake_;
};

bool Runner::refuse(std::size_t offset, std::string what, std::string advice) {
  mistake_ = {offset, std::move(what), std::move(advice)};
  return false;
}

bool Runner::spend(std::size_t offset, std::size_t bytes) {
  copied_ += bytes;
  if (++steps_ > max_steps)
    return refuse(offset, fmt::format("the template takes more than {} steps", max_steps));
  if (copied_ > max_copied)
    return refuse(offset, "the values of the template take more than 64 MiB");
  return true;
}

Value* Runner::find(std::string_view name) noexcept {
  for (auto variable = variables_.rbegin(); variable != variables_.rend(); ++variable) {
    if (variable->name == name) return &variable->value;
  }
  PM_CHECK(false, "the parser lets only declared variables through");
  return nullptr;
}

void Runner::bind(const Pipeline& pipeline, std::size_t index, const Value& value) {
  const std::string_view name = pipeline.targets[index];
  if (pipeline.assigns) {
    *find(name) = value;
    return;
  }
  variables_.push_back({name, value});
}

bool Runner::run(const std::vector<Statement>& statements, const Value& dot) {
  for (const Statement& statement : statements) {
    if (!run_one(statement, dot)) return false;
  }
  return true;
}

bool Runner::run_one(const Statement& statement, const Value& dot) {
  if (!spend(statement.offset)) return false;
  switch (statement.kind) {
    case StatementKind::text:
      if (out_.size() + statement.text.size() > max_output)
        return refuse(statement.offset, "the output is larger than 16 MiB");
      map_.add_copied(out_.size(), statement.offset);
      out_.append(statement.text);
      return true;
    case StatementKind::print: {
      const auto value = evaluate(statement.pipeline, dot);
      return value && print(statement, *value);
    }
    case StatementKind::branch: return run_branch(statement, dot);
    case StatementKind::range: return run_range(statement, dot);
  }
  return true;
}

bool Runner::print(const Statement& statement, const Value& value) {
  if (!statement.pipeline.targets.empty()) return true;  // a declaration prints nothing

  const std::string text = to_text(value);
  if (out_.size() + text.size() > max_output)
    return refuse(statement.offset, "the output is larger than 16 MiB");
  map_.add_produced(out_.size(), statement.offset);
  out_.append(text);
  return true;
}

bool Runner::run_branch(const Statement& statement, const Value& dot) {
  const std::size_t scope = variables_.size();
  for (const Arm& arm : statement.arms) {
    if (!arm.condition.commands.empty()) {
      const auto condition = evaluate(arm.condition, dot);
      if (!condition) return false;
      if (!condition->is_true()) continue;
    }
    if (!run(arm.body, dot)) return false;
    break;
  }
  variables_.resize(scope);
  return true;
}

bool Runner::run_round(const Statement& statement, Value index, Value item) {
  if (!spend(statement.offset, item.bytes())) return false;
  const std::size_t scope = variables_.size();
  const std::size_t targets = statement.pipeline.targets.size();
  if (targets == 2) bind(statement.pipeline, 0, index);
  if (targets > 0) bind(statement.pipeline, targets - 1, item);
  if (!run(statement.arms[0].body, item)) return false;
  variables_.resize(scope);
  return true;
}

// Over a list, or over 0 to n-1 of a number (then with one variable at most, as in Go).
bool Runner::run_range(const Statement& statement, const Value& dot) {
  const std::size_t scope = variables_.size();
  const auto over = evaluate(statement.pipeline, dot);
  if (!over) return false;
  if (over->kind != ValueKind::list && over->kind != ValueKind::integer) {
    return refuse(statement.offset, fmt::format("range cannot walk over {}", over->kind_name()),
                  "it needs a list or a number");
  }
  if (over->kind == ValueKind::integer && statement.pipeline.targets.size() > 1) {
    return refuse(statement.offset, "range over a number takes one variable");
  }
  bool empty = true;
  for (std::size_t i = 0; i < over->items.size(); ++i, empty = false) {
    if (!run_round(statement, integer_value(static_cast<std::int64_t>(i)), over->items[i]))
      return false;
  }
  for (std::int64_t i = 0; i < over->integer; ++i, empty = false) {
    if (!run_round(statement, {}, integer_value(i))) return false;
  }
  if (empty && statement.arms.size() > 1 && !run(statement.arms[1].body, dot)) return false;
  variables_.resize(scope);
  return true;
}

std::optional<Value> Runner::evaluate(const Pipeline& pipeline, const Value& dot) {
  std::optional<Value> value;
  for (const Command& command : pipeline.commands) {
    value = call(command, dot, std::move(value));
    if (!value) return std::nullopt;
  }
  for (std::size_t i = 0; i < pipeline.targets.size(); ++i)
    bind(pipeline, i, *value);
  return value;
}

std::optional<Value> Runner::call(const Command& command, const Value& dot,
                                  std::optional<Value> last) {
  const Operand& head = command.operands[0];
  if (head.kind != OperandKind::function) return operand_value(head, dot);
  if (head.function->run == nullptr) return call_lazily(command, dot, std::move(last));

  std::vector<Value> arguments;
  for (std::size_t i = 1; i < command.operands.size(); ++i) {
    auto argument = operand_value(command.operands[i], dot);
    if (!argument) return std::nullopt;
    arguments.push_back(std::move(*argument));
  }
  if (last) arguments.push_back(std::move(*last));

  auto result = head.function->run({environment_, arguments});
  if (!result) {
    refuse(head.offset, fmt::format("{}: {}", head.function->name, result.error().what),
           fmt::format("write {}", head.function->usage));
    return std::nullopt;
  }
  if (!spend(head.offset, result->bytes())) return std::nullopt;
  return std::move(*result);
}

// and, or: the first argument that decides, or the last; those behind it are not looked at.
std::optional<Value> Runner::call_lazily(const Command& command, const Value& dot,
                                         std::optional<Value> last) {
  const bool is_or = command.operands[0].function->name == "or";
  std::optional<Value> value;
  for (std::size_t i = 1; i < command.operands.size(); ++i) {
    value = operand_value(command.operands[i], dot);
    if (!value || value->is_true() == is_or) return value;
  }
  return last ? std::move(last) : std::move(value);
}

std::optional<Value> Runner::operand_value(const Operand& operand, const Value& dot) {
  const Value* shared = nullptr;
  switch (operand.kind) {
    case OperandKind::literal: shared = &operand.literal; break;
    case OperandKind::dot: shared = &dot; break;
    case OperandKind::variable: shared = find(operand.variable); break;
    case OperandKind::nested: return evaluate(*operand.nested, dot);
    case OperandKind::function: break;
  }
  PM_CHECK(shared != nullptr, "the parser lets no bare function through as an argument");
  if (!spend(operand.offset, shared->bytes())) return std::nullopt;
  return *shared;
}

Mark mark_of(std::string_view text, std::size_t offset, std::uint32_t source) {
  Mark mark{source, 1, 1};
  for (const char c : text.substr(0, offset)) {
    ++mark.column;
    if (c != '\n') continue;
    ++mark.line;
    mark.column = 1;
  }
  return mark;
}

}  // namespace

std::optional<Rendered> render_template(std::string text, std::uint32_t source,
                                        const Environment& environment, Findings& findings) {
  if (text.find("{{") == std::string::npos) return Rendered{std::move(text), {}};

  Tree tree = parse(text);
  Runner runner(text, environment);
  if (!tree.mistake && !runner.run(tree.statements, Value{})) tree.mistake = runner.mistake();
  if (!tree.mistake) return runner.take();

  std::string advice = std::move(tree.mistake->advice);
  if (advice.empty()) advice = "see TEMPLATES in pointsman.yaml(5)";
  findings.error(mark_of(text, tree.mistake->offset, source), "template: " + tree.mistake->what,
                 std::move(advice));
  return std::nullopt;
}

}  // namespace pm::config
