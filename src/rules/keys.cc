// SPDX-License-Identifier: MIT
#include "rules/keys.h"

#include <algorithm>
#include <tuple>

namespace pm::rules {
namespace {

using Keys = std::vector<IndexKey>;

bool is_empty(const IndexKey& key) noexcept {
  return key.exact_host.empty() && key.path_prefix.empty();
}

Keys nothing() {
  return {IndexKey{}};
}

// Both hold. Where both name a host, or prefixes that exclude each other, the two can never be true together; one of
// them alone is then a promise as good as any.
IndexKey both(const IndexKey& a, const IndexKey& b) {
  IndexKey key;
  key.exact_host =
      a.exact_host.empty() || a.exact_host.starts_with('*') ? b.exact_host : a.exact_host;
  if (key.exact_host.empty()) key.exact_host = a.exact_host;
  key.path_prefix = a.path_prefix.size() >= b.path_prefix.size() ? a.path_prefix : b.path_prefix;
  return key;
}

void sort_out(Keys& keys) {
  const auto order = [](const IndexKey& a, const IndexKey& b) {
    return std::tie(a.exact_host, a.path_prefix) < std::tie(b.exact_host, b.path_prefix);
  };
  const auto equal = [](const IndexKey& a, const IndexKey& b) {
    return a.exact_host == b.exact_host && a.path_prefix == b.path_prefix;
  };
  std::sort(keys.begin(), keys.end(), order);
  keys.erase(std::unique(keys.begin(), keys.end(), equal), keys.end());
  if (is_empty(keys.front()) || keys.size() > max_keys) keys = nothing();
}

bool names_hosts(const Keys& keys) noexcept {
  return std::all_of(keys.begin(), keys.end(),
                     [](const IndexKey& key) { return !key.exact_host.empty(); });
}

Keys all_of(Keys a, Keys b) {
  if (a.size() * b.size() > max_keys) {
    // Either side alone is a promise; hosts tell requests apart better than prefixes do.
    if (is_empty(a.front())) return b;
    return names_hosts(a) || !names_hosts(b) ? a : b;
  }
  Keys product;
  product.reserve(a.size() * b.size());
  for (const IndexKey& x : a) {
    for (const IndexKey& y : b)
      product.push_back(both(x, y));
  }
  sort_out(product);
  return product;
}

// What holds when the node is true, or (negated) when it is false: De Morgan on promises.
Keys keys_of(const Tree& tree, std::span<const IndexKey> call_keys, std::uint32_t at,
             bool negated) {
  const Node& node = tree.nodes[at];
  if (node.operation == Operation::call) return negated ? nothing() : Keys{call_keys[at]};
  if (node.operation == Operation::negation) {
    return keys_of(tree, call_keys, node.children[0], !negated);
  }
  const bool is_conjunction = (node.operation == Operation::all_of) != negated;
  Keys keys = keys_of(tree, call_keys, node.children[0], negated);
  for (std::size_t i = 1; i < node.children.size(); ++i) {
    Keys more = keys_of(tree, call_keys, node.children[i], negated);
    if (is_conjunction) {
      keys = all_of(std::move(keys), std::move(more));
    } else {
      keys.insert(keys.end(), more.begin(), more.end());
    }
  }
  sort_out(keys);
  return keys;
}

}  // namespace

std::vector<IndexKey> promised_keys(const Tree& tree, std::span<const IndexKey> call_keys) {
  return keys_of(tree, call_keys, tree.root, false);
}

}  // namespace pm::rules
