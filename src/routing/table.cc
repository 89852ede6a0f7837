// SPDX-License-Identifier: MIT
#include "routing/table.h"

#include <algorithm>
#include <map>

namespace pm::routing {
namespace {

bool comes_before(const TableEntry& a, const TableEntry& b) {
  if (a.priority != b.priority) return a.priority > b.priority;
  if (a.precedence != b.precedence) return a.precedence < b.precedence;
  return a.name < b.name;
}

using Named = std::vector<std::pair<std::string_view, std::uint32_t>>;

}  // namespace

Table::Table(std::vector<TableEntry> entries) : entries_(std::move(entries)) {
  std::stable_sort(entries_.begin(), entries_.end(), comes_before);
  rules_.reserve(entries_.size());
  for (const TableEntry& entry : entries_)
    rules_.push_back(entry.rule);
  build_index();
}

void Table::build_index() {
  std::map<std::string_view, std::vector<PrefixTree::Item>> by_host;
  for (std::uint32_t rank = 0; rank < rules_.size(); ++rank) {
    for (const rules::IndexKey& key : rules_[rank]->keys()) {
      by_host[key.exact_host].push_back({key.path_prefix, rank});
    }
  }
  Named hosts;
  Named wild_hosts;
  for (auto& [host, items] : by_host) {
    const std::uint32_t root = prefixes_.add(std::move(items));
    if (host.empty()) {
      any_host_ = root;
    } else if (host.starts_with('*')) {
      wild_hosts.emplace_back(host.substr(1), root);
    } else {
      hosts.emplace_back(host, root);
    }
  }
  hosts_ = HostIndex(hosts);
  wild_hosts_ = HostIndex(wild_hosts);
}

// Every list of ranks that the request's host and path lead to.
template <class F>
void Table::for_each_list(const http::Request& request, F&& visit) const {
  std::string_view host = request.host;
  if (host.ends_with('.')) host.remove_suffix(1);  // as Host() does
  const std::uint32_t root = hosts_.find(host);
  if (root != none) prefixes_.walk(root, request.routing_path, visit);
  if (!wild_hosts_.empty()) {
    const std::size_t dot = host.find('.');
    const std::uint32_t wild =
        dot == std::string_view::npos ? none : wild_hosts_.find(host.substr(dot));
    if (wild != none) prefixes_.walk(wild, request.routing_path, visit);
  }
  if (any_host_ != none) prefixes_.walk(any_host_, request.routing_path, visit);
}

std::uint32_t Table::find(const http::Request& request) const noexcept {
  // The lists need no merging: predicates have no effects, so each list is asked up to the best rank known so far.
  std::uint32_t best = none;
  for_each_list(request, [&](std::span<const std::uint32_t> ranks) {
    for (const std::uint32_t rank : ranks) {
      if (rank >= best) return;
      if (rules_[rank]->matches(request)) {
        best = rank;
        return;
      }
    }
  });
  return best == none ? none : entries_[best].id;
}

std::vector<std::uint32_t> Table::candidates(const http::Request& request) const {
  std::vector<std::uint32_t> found;
  for_each_list(request, [&](std::span<const std::uint32_t> ranks) {
    found.insert(found.end(), ranks.begin(), ranks.end());
  });
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

}  // namespace pm::routing
