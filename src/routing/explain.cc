// SPDX-License-Identifier: MIT
#include "routing/explain.h"

#include "core/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace pm::routing {
namespace {

std::string router_line(const Router& router) {
  return fmt::format("{} (priority {}, rule {})", router.name, router.priority,
                     text::trim(router.rule));
}

// What the index passed over, or what came before it won: both need no more than a number.
std::string rest_line(std::size_t count, std::string_view why) {
  return fmt::format("{} more router{} {}", count, count == 1 ? "" : "s", why);
}

// One table; returns the router that it answers with.
std::uint32_t explain_table(const Routing& routing, const Table& table,
                            const http::Request& request, std::string_view indent,
                            std::vector<std::string>& lines) {
  const std::vector<TableEntry>& entries = table.entries();
  const std::vector<std::uint32_t> candidates = table.candidates(request);
  const std::size_t before = lines.size();
  std::uint32_t winner = nowhere;
  std::size_t skipped = 0;
  for (const std::uint32_t rank : candidates) {
    const TableEntry& entry = entries[rank];
    const bool is_true = entry.rule->matches(request);
    const bool wins = is_true && winner == nowhere;
    if (wins) winner = entry.id;
    if (lines.size() - before >= max_explained &&
        !wins) {  // the winner is shown however late it comes
      ++skipped;
      continue;
    }
    const std::string why = wins      ? "wins"
                            : is_true ? "would match, but comes later"
                                      : "no, " + entry.rule->explain(request);
    lines.push_back(fmt::format("{}{}: {}", indent, router_line(routing.routers[entry.id]), why));
  }
  if (skipped > 0)
    lines.push_back(fmt::format("{}{}", indent, rest_line(skipped, "were looked at")));
  const std::size_t passed = entries.size() - candidates.size();
  if (passed > 0) {
    lines.push_back(
        fmt::format("{}{}", indent, rest_line(passed, "cannot match: other host or path prefix")));
  }
  return winner;
}

}  // namespace

Explanation explain(const Routing& routing, std::uint32_t entry_point, Kind kind,
                    const http::Request& request) {
  Explanation result;
  const Table& table = routing.root_table(entry_point, kind);
  result.root = result.leaf = explain_table(routing, table, request, "", result.lines);
  if (result.root == nowhere) {
    result.lines.emplace_back("no router matches: 404");
    return result;
  }
  std::string indent;
  while (result.leaf != nowhere && routing.routers[result.leaf].children != nowhere) {
    indent += "  ";
    const Router& parent = routing.routers[result.leaf];
    result.lines.push_back(fmt::format("{}children of {}:", indent, parent.name));
    result.leaf =
        explain_table(routing, routing.tables[parent.children], request, indent, result.lines);
  }
  result.lines.push_back(result.leaf == nowhere
                             ? indent + "no child matches: 404"
                             : fmt::format("service {}", routing.routers[result.leaf].service));
  return result;
}

}  // namespace pm::routing
