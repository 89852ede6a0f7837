// SPDX-License-Identifier: MIT
// prefix_tree.h -- which of many path prefixes are prefixes of a path.
//
//   in      groups of (prefix, rank); each group is a tree of its own with its own root
//   out     for a root and a path: the ranks filed under each prefix of that path, longest prefix first, every list ascending
//   shape   a radix tree: a node holds the bytes between its parent and itself; the children of a node lie side by side and
//           so do the first bytes of their labels; `above` leads to the nearest node towards the root that has ranks
//   cost    of a walk: the bytes of the path that some prefix shares, however many prefixes there are
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pm::routing {

class PrefixTree {
 public:
  struct Item {
    std::string_view prefix;
    std::uint32_t rank = 0;
  };

  // Returns the root of the new group. The views are not kept.
  std::uint32_t add(std::vector<Item> items);

  template <class F>
  void walk(std::uint32_t root, std::string_view path, F&& visit) const {
    for (std::uint32_t at = deepest(root, path); at != none; at = nodes_[at].above) {
      const Node& node = nodes_[at];
      if (node.ranks != 0) visit(std::span(ranks_.data() + node.first_rank, node.ranks));
    }
  }

 private:
  static constexpr std::uint32_t none = UINT32_MAX;

  struct Node {
    std::uint32_t label = 0;  // where it begins in labels_
    std::uint32_t label_size = 0;
    std::uint32_t first_child = 0;
    std::uint32_t children = 0;
    std::uint32_t first_rank = 0;
    std::uint32_t ranks = 0;
    std::uint32_t above = none;
  };
  struct Task;

  void fill(std::uint32_t at, std::span<const Item> items, std::size_t depth,
            std::vector<Task>& tasks);
  void add_child(std::uint32_t parent, std::span<const Item> items, std::size_t depth,
                 std::vector<Task>& tasks);

  std::uint32_t child(const Node& node, char first) const noexcept {
    const char* const bytes = first_bytes_.data() + node.first_child;
    if (node.children == 1) return *bytes == first ? node.first_child : none;
    if (node.children == 0) return none;
    const void* const found = std::memchr(bytes, static_cast<unsigned char>(first), node.children);
    if (found == nullptr) return none;
    return node.first_child + static_cast<std::uint32_t>(static_cast<const char*>(found) - bytes);
  }

  // The last node whose prefix is a prefix of the path.
  std::uint32_t deepest(std::uint32_t root, std::string_view path) const noexcept {
    std::uint32_t at = root;
    while (!path.empty()) {
      const std::uint32_t next = child(nodes_[at], path[0]);
      if (next == none) break;
      const Node& node = nodes_[next];
      if (node.label_size > path.size() ||
          std::memcmp(labels_.data() + node.label, path.data(), node.label_size) != 0) {
        break;
      }
      path.remove_prefix(node.label_size);
      at = next;
    }
    return at;
  }

  std::vector<Node> nodes_;
  std::vector<std::uint32_t> ranks_;
  std::string labels_;
  std::string first_bytes_;  // of each node's label, by node; '\0' for roots
};

}  // namespace pm::routing
