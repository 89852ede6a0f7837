// SPDX-License-Identifier: MIT
#include "core/regex.h"
#include "core/text.h"
#include "rules/matcher.h"

#include <fmt/format.h>

namespace pm::rules {
namespace {

void append_literal(std::string_view text, std::string& out) {
  for (const char c : text) {
    if (std::string_view("\\.+*?()|[]{}^$").find(c) != std::string_view::npos) out.push_back('\\');
    out.push_back(c);
  }
}

// The place behind the "}" that belongs to the "{" at `open`: an expression may hold braces of its own ("[a-z]{2}").
std::size_t closing_brace(std::string_view text, std::size_t open) noexcept {
  std::size_t depth = 0;
  for (std::size_t at = open; at < text.size(); ++at) {
    if (text[at] == '{') ++depth;
    if (text[at] == '}' && --depth == 0) return at;
  }
  return std::string_view::npos;
}

Error bad_template(std::string_view text, std::string_view why) {
  return {Errc::bad_value, {}, fmt::format("template {} {}", text::quoted(text), why)};
}

}  // namespace

bool is_template(std::string_view text) noexcept {
  return text.find_first_of("{}") != std::string_view::npos;
}

Result<std::string> template_expression(std::string_view text, TemplateKind kind) {
  std::string expression = "^";
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t open = rest.find_first_of("{}");
    append_literal(rest.substr(0, open), expression);
    if (open == std::string_view::npos) break;
    const std::size_t close = closing_brace(rest, open);
    if (rest[open] == '}' || close == std::string_view::npos) {
      return bad_template(text, "has a brace without its partner");
    }
    const std::string_view inside = rest.substr(open + 1, close - open - 1);
    const std::size_t colon = inside.find(':');
    const std::string_view pattern = colon != std::string_view::npos ? inside.substr(colon + 1)
                                     : kind == TemplateKind::host    ? std::string_view("[^.]+")
                                                                     : std::string_view("[^/]+");
    if (colon == 0 || inside.empty() || pattern.empty()) {
      return bad_template(text, "must be written {name} or {name:expression}");
    }
    // By itself, so that no stray ")" of it undoes the group that is put around it.
    PM_TRY([[maybe_unused]] auto checked, Regex::compile(pattern));
    expression += fmt::format("(?:{})", pattern);
    rest.remove_prefix(close + 1);
  }
  if (kind != TemplateKind::path_prefix) expression += '$';
  return expression;
}

}  // namespace pm::rules
