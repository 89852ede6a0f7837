// SPDX-License-Identifier: MIT
#include "rules/compile.h"

#include "core/text.h"
#include "rules/keys.h"
#include "rules/parser.h"

#include <fmt/format.h>

#include <algorithm>

namespace pm::rules {
namespace {

using Build = Result<BuiltMatcher> (*)(std::span<const std::string>);

// `name` in one of its four spellings: as it is, all lower, all upper, first letter upper and the rest lower.
bool is_spelling(std::string_view written, std::string_view name) {
  if (written == name) return true;
  if (!text::equals_ignore_case(written, name)) return false;
  std::string spelling = text::to_lower(name);
  if (written == spelling || written == text::to_upper(name)) return true;
  spelling[0] = text::upper(spelling[0]);
  return written == spelling;
}

void for_each_name(const MatcherModule& module, Syntax syntax, auto&& visit) {
  if (syntax == Syntax::v3) {
    if (module.build != nullptr) visit(module.name);
    return;
  }
  if (module.build_v2 != nullptr) text::for_each_part(module.v2_name, ' ', visit);
}

class Compiler {
 public:
  Compiler(Syntax syntax, std::span<const MatcherModule* const> modules) noexcept
      : syntax_(syntax), modules_(modules) {}

  Compiled run(std::string_view text);

 private:
  Build find(std::string_view name, Syntax syntax) const;
  RuleError unknown(const Node& call) const;
  bool build_calls();
  bool build_call(std::uint32_t at);
  bool build_list(std::uint32_t at, Build build);
  void refuse(const Node& call, std::string_view why, std::uint32_t offset);
  bool keep(std::uint32_t at, Result<BuiltMatcher> built, std::uint32_t offset);
  std::uint16_t count_calls(std::uint32_t at);
  std::vector<std::string> host_names() const;
  void lay_out(std::uint32_t at, std::uint16_t start, std::uint16_t if_true,
               std::uint16_t if_false);

  Syntax syntax_;
  std::span<const MatcherModule* const> modules_;
  Tree tree_;
  std::vector<MatcherPtr> built_;     // by node
  std::vector<IndexKey> keys_;        // by node
  std::vector<std::uint16_t> calls_;  // by node: how many calls are in it
  Rule::Parts parts_;
  RuleError error_;
};

Build Compiler::find(std::string_view name, Syntax syntax) const {
  Build found = nullptr;
  for (const MatcherModule* module : modules_) {
    for_each_name(*module, syntax, [&](std::string_view known) {
      if (is_spelling(name, known)) found = syntax == Syntax::v3 ? module->build : module->build_v2;
    });
  }
  return found;
}

RuleError Compiler::unknown(const Node& call) const {
  RuleError error{call.offset, fmt::format("unknown matcher {}", text::quoted(call.name)), {}};
  const Syntax other = syntax_ == Syntax::v3 ? Syntax::v2 : Syntax::v3;
  std::vector<std::string_view> names;
  for (const MatcherModule* module : modules_) {
    for_each_name(*module, syntax_, [&](std::string_view known) { names.push_back(known); });
  }
  const std::string_view near = text::nearest(call.name, names);
  if (!near.empty()) {
    error.advice = fmt::format("did you mean \"{}\"?", near);
  } else if (find(call.name, other) != nullptr) {
    error.advice = fmt::format("it belongs to ruleSyntax {}", other == Syntax::v2 ? "v2" : "v3");
  } else {
    error.advice = "matchers are " + text::join({names.begin(), names.end()}, ", ");
  }
  return error;
}

// A module says "what is wrong; what to do"; of one that says the first only, the help of the matcher is the advice.
void Compiler::refuse(const Node& call, std::string_view why, std::uint32_t offset) {
  const std::size_t split = why.find("; ");
  std::string advice;
  if (split != std::string_view::npos) {
    advice = why.substr(split + 2);
  } else {
    for (const MatcherModule* module : modules_) {
      for_each_name(*module, syntax_, [&](std::string_view known) {
        if (is_spelling(call.name, known)) advice = fmt::format("{} takes {}", known, module->help);
      });
    }
  }
  error_ = {offset, fmt::format("{}: {}", call.name, why.substr(0, split)), std::move(advice)};
}

bool Compiler::keep(std::uint32_t at, Result<BuiltMatcher> built, std::uint32_t offset) {
  if (!built) {
    refuse(tree_.nodes[at], built.error().what, offset);
    return false;
  }
  built_[at] = std::move(built->matcher);
  keys_[at] = std::move(built->key);
  return true;
}

// Builds every call. A v2 list turns its node into an "or" over new nodes, so the tree may grow meanwhile.
bool Compiler::build_calls() {
  const auto written = static_cast<std::uint32_t>(tree_.nodes.size());
  built_.resize(written);
  keys_.resize(written);
  for (std::uint32_t at = 0; at < written; ++at) {
    if (tree_.nodes[at].operation == Operation::call && !build_call(at)) return false;
  }
  return true;
}

bool Compiler::build_call(std::uint32_t at) {
  const Node& call = tree_.nodes[at];
  const Build build = find(call.name, syntax_);
  if (build == nullptr) {
    error_ = unknown(call);
    return false;
  }
  std::vector<std::string> values;
  for (const Argument& argument : call.arguments)
    values.push_back(argument.value);
  const bool may_be_list = syntax_ == Syntax::v2 && values.size() > 1;
  if (may_be_list && build(std::span(values).first(1))) return build_list(at, build);
  return keep(at, build(values), call.arguments[0].offset);
}

bool Compiler::build_list(std::uint32_t at, Build build) {
  const Node call = tree_.nodes[at];
  Node list{Operation::any_of, call.offset, 0, {}, {}, {}};
  for (const Argument& argument : call.arguments) {
    const auto child = static_cast<std::uint32_t>(tree_.nodes.size());
    tree_.nodes.push_back({Operation::call, call.offset, call.length, call.name, {argument}, {}});
    built_.emplace_back();
    keys_.emplace_back();
    if (!keep(child, build(std::span(&argument.value, 1)), argument.offset)) return false;
    list.children.push_back(child);
  }
  tree_.nodes[at] = std::move(list);
  return true;
}

std::uint16_t Compiler::count_calls(std::uint32_t at) {
  const Node& node = tree_.nodes[at];
  std::uint16_t count = node.operation == Operation::call ? 1 : 0;
  for (const std::uint32_t child : node.children)
    count = static_cast<std::uint16_t>(count + count_calls(child));
  calls_[at] = count;
  return count;
}

// Writes the steps of a node from `start` on. They stand in the order of the text, so the first step of the child after
// this one is known before it is written.
void Compiler::lay_out(std::uint32_t at, std::uint16_t start, std::uint16_t if_true,
                       std::uint16_t if_false) {
  const Node& node = tree_.nodes[at];
  if (node.operation == Operation::call) {
    parts_.steps.push_back({built_[at].get(), if_true, if_false});
    parts_.places.push_back(
        {static_cast<std::uint16_t>(node.offset), static_cast<std::uint16_t>(node.length)});
    parts_.matchers.push_back(std::move(built_[at]));
    return;
  }
  if (node.operation == Operation::negation)
    return lay_out(node.children[0], start, if_false, if_true);
  const bool all = node.operation == Operation::all_of;
  for (std::size_t i = 0; i < node.children.size(); ++i) {
    const auto next = static_cast<std::uint16_t>(start + calls_[node.children[i]]);
    const bool last = i + 1 == node.children.size();
    lay_out(node.children[i], start, last || !all ? if_true : next, last || all ? if_false : next);
    start = next;
  }
}

std::vector<std::string> Compiler::host_names() const {
  std::vector<std::string> names;
  for (const Node& node : tree_.nodes) {
    if (node.operation != Operation::call) continue;
    const bool is_host = is_spelling(node.name, "Host") ||
                         (syntax_ == Syntax::v2 && is_spelling(node.name, "HostHeader"));
    if (!is_host) continue;
    for (const Argument& argument : node.arguments) {
      std::string name = text::to_lower(text::trim(argument.value));
      if (name.ends_with('.')) name.pop_back();
      if (!name.empty() && name.find('{') == std::string::npos) names.push_back(std::move(name));
    }
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

Compiled Compiler::run(std::string_view text) {
  const std::string_view effective = text::trim(text) == "*" ? "PathPrefix(`/`)" : text;
  if (!parse(effective, tree_, error_) || !build_calls()) return {nullptr, std::move(error_)};
  parts_.text = effective;
  parts_.keys = promised_keys(tree_, keys_);
  parts_.hosts = host_names();
  calls_.resize(tree_.nodes.size());
  count_calls(tree_.root);
  lay_out(tree_.root, 0, Rule::accept, Rule::refuse);
  return {std::make_unique<const Rule>(std::move(parts_)), {}};
}

}  // namespace

Compiled compile(std::string_view text, Syntax syntax,
                 std::span<const MatcherModule* const> modules) {
  return Compiler(syntax, modules).run(text);
}

std::int64_t default_priority(std::string_view text) noexcept {
  return text::trim(text) == "*" ? 1 : static_cast<std::int64_t>(text.size());
}

}  // namespace pm::rules
