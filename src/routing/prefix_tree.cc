// SPDX-License-Identifier: MIT
#include "routing/prefix_tree.h"

#include <algorithm>
#include <tuple>

namespace pm::routing {

// A node that is there and must still be given its ranks and children: all of `items` begin with its prefix, which is
// `depth` bytes long.
struct PrefixTree::Task {
  std::uint32_t node;
  std::span<const Item> items;
  std::size_t depth;
};

std::uint32_t PrefixTree::add(std::vector<Item> items) {
  std::sort(items.begin(), items.end(), [](const Item& a, const Item& b) {
    return std::tie(a.prefix, a.rank) < std::tie(b.prefix, b.rank);
  });
  const auto root = static_cast<std::uint32_t>(nodes_.size());
  nodes_.emplace_back();
  first_bytes_.push_back('\0');
  // A list of tasks instead of recursion: prefixes that prolong each other byte by byte make a deep tree.
  std::vector<Task> tasks{{root, items, 0}};
  for (std::size_t next = 0; next < tasks.size(); ++next) {
    const Task task = tasks[next];
    fill(task.node, task.items, task.depth, tasks);
  }
  return root;
}

void PrefixTree::fill(std::uint32_t at, std::span<const Item> items, std::size_t depth,
                      std::vector<Task>& tasks) {
  nodes_[at].first_rank = static_cast<std::uint32_t>(ranks_.size());
  std::size_t next = 0;
  // Sorted: what ends here comes first, and equal items side by side.
  for (; next < items.size() && items[next].prefix.size() == depth; ++next) {
    if (next == 0 || items[next].rank != items[next - 1].rank) ranks_.push_back(items[next].rank);
  }
  nodes_[at].ranks = static_cast<std::uint32_t>(ranks_.size()) - nodes_[at].first_rank;
  nodes_[at].first_child = static_cast<std::uint32_t>(nodes_.size());
  while (next < items.size()) {
    const char first = items[next].prefix[depth];
    std::size_t end = next + 1;
    while (end < items.size() && items[end].prefix[depth] == first)
      ++end;
    add_child(at, items.subspan(next, end - next), depth, tasks);
    next = end;
  }
  nodes_[at].children = static_cast<std::uint32_t>(nodes_.size()) - nodes_[at].first_child;
}

void PrefixTree::add_child(std::uint32_t parent, std::span<const Item> items, std::size_t depth,
                           std::vector<Task>& tasks) {
  const std::string_view first = items.front().prefix;
  const std::string_view last = items.back().prefix;
  const auto differ = std::mismatch(first.begin(), first.end(), last.begin(), last.end());
  const auto common = static_cast<std::size_t>(differ.first - first.begin());
  const auto node = static_cast<std::uint32_t>(nodes_.size());
  nodes_.push_back({static_cast<std::uint32_t>(labels_.size()),
                    static_cast<std::uint32_t>(common - depth), 0, 0, 0, 0,
                    nodes_[parent].ranks != 0 ? parent : nodes_[parent].above});
  first_bytes_.push_back(first[depth]);
  labels_ += first.substr(depth, common - depth);
  tasks.push_back({node, items, common});
}

}  // namespace pm::routing
