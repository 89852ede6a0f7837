// SPDX-License-Identifier: MIT
#include "config/expand.h"

#include "core/text.h"

#include <fmt/format.h>

namespace pm::config {
namespace {

bool is_name(std::string_view text) noexcept {
  if (text.empty() || text::is_digit(text[0])) return false;
  for (const char c : text) {
    if (!text::is_alpha(c) && !text::is_digit(c) && c != '_') return false;
  }
  return true;
}

struct Expander {
  const Environment& environment;
  Findings& findings;

  // What stands between the braces; false when it is an error.
  bool append(std::string_view inside, Mark mark, std::string& out) {
    const std::size_t colon = inside.find(":-");
    const std::string_view name = inside.substr(0, colon);
    if (!is_name(name)) {
      findings.error(mark, fmt::format("${{{}}} names no variable", inside),
                     "write ${NAME}, ${NAME:-default}, or $$ for a dollar sign");
      return false;
    }
    const auto value = environment.find(name);
    const bool has_default = colon != std::string_view::npos;
    if (has_default && value.value_or("").empty()) {
      out.append(inside.substr(colon + 2));
      return true;
    }
    if (!value) {
      findings.error(mark, fmt::format("the variable {} is not set", name),
                     fmt::format("set it, or write ${{{}:-default}}", name));
      return false;
    }
    out.append(*value);
    return true;
  }

  bool expand(std::string_view text, Mark mark, std::string& out) {
    while (true) {
      const std::size_t dollar = text.find('$');
      out.append(text.substr(0, dollar));
      if (dollar == std::string_view::npos) return true;
      text.remove_prefix(dollar);
      if (!text.starts_with("${")) {
        out.push_back('$');
        text.remove_prefix(text.starts_with("$$") ? 2 : 1);
        continue;
      }
      const std::size_t end = text.find('}');
      if (end == std::string_view::npos) {
        findings.error(mark, "\"${\" without \"}\"", "write $$ for a dollar sign");
        return false;
      }
      if (!append(text.substr(2, end - 2), mark, out)) return false;
      text.remove_prefix(end + 1);
    }
  }

  void walk(Node& node) {
    for (Node& item : node.items)
      walk(item);
    for (Entry& entry : node.entries)
      walk(entry.value);
    if (!node.is_scalar() || node.text.find('$') == std::string::npos) return;

    std::string out;
    if (expand(node.text, node.mark, out)) node.text = std::move(out);
  }
};

}  // namespace

void expand_variables(Node& node, const Environment& environment, Findings& findings) {
  Expander{environment, findings}.walk(node);
}

}  // namespace pm::config
