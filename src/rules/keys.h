// SPDX-License-Identifier: MIT
// keys.h -- what a rule promises to the routing index, worked out from what its matchers promise.
//
//   in      the tree of a rule and the key of each of its calls
//   out     one key an alternative, at most `max_keys`; a single empty key when nothing can be promised
//   cost    bounded by max_keys at every node; done once, when a rule is compiled
//   source  http-routing.md section 2; routing/table.h says how keys are used
#pragma once

#include "rules/ast.h"
#include "rules/matcher.h"

#include <span>
#include <vector>

namespace pm::rules {

// A rule of 4 KiB holds no more than about 450 alternatives by itself; products of lists are what the bound is for.
constexpr std::size_t max_keys = 512;

// `call_keys` has an element for each node of the tree; only those of calls are read.
std::vector<IndexKey> promised_keys(const Tree& tree, std::span<const IndexKey> call_keys);

}  // namespace pm::rules
