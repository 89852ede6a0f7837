// SPDX-License-Identifier: MIT
// table.h -- the routers of one entry point and kind, or of one parent: which of them answers a request.
//
//   in      rules with their priorities, provider precedences and names; requests as http/url left them
//   out     the id of the first router, in order, whose rule is true. Order: priority descending, precedence ascending,
//           name ascending
//   shape   routers are ranked by that order. Each is filed under every key that its rule promises: host (exact, or one
//           label wild), then path prefix, in a radix tree a host. A request looks at its host, its wild host and "any
//           host", each time at the prefixes of its own path only, and asks the rules found there
//   own     the index; borrows the rules, which must live longer
//   cost    of a search: independent of the number of routers that differ in host or path prefix; routers that promise
//           nothing are asked one by one
//   source  http-routing.md section 4, decision 6
#pragma once

#include "routing/host_index.h"
#include "routing/prefix_tree.h"
#include "rules/rule.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace pm::routing {

struct TableEntry {
  const rules::Rule* rule = nullptr;
  std::int64_t priority = 0;
  std::uint32_t precedence = 0;  // of the provider, 0 first
  std::string name;
  std::uint32_t id = 0;  // what find() answers
};

class Table {
 public:
  static constexpr std::uint32_t none = UINT32_MAX;

  Table() = default;
  explicit Table(std::vector<TableEntry> entries);

  std::uint32_t find(const http::Request& request) const noexcept;

  // For explanations and tests: the entries in order, and the ranks (indexes into them, ascending) that find() may ask.
  const std::vector<TableEntry>& entries() const noexcept { return entries_; }
  std::vector<std::uint32_t> candidates(const http::Request& request) const;

 private:
  template <class F>
  void for_each_list(const http::Request& request, F&& visit) const;
  void build_index();

  std::vector<TableEntry> entries_;        // by rank
  std::vector<const rules::Rule*> rules_;  // by rank
  HostIndex hosts_;                        // host -> root
  HostIndex wild_hosts_;                   // ".example.com" -> root
  std::uint32_t any_host_ = none;          // root
  PrefixTree prefixes_;
};

}  // namespace pm::routing
