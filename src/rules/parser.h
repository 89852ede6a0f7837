// SPDX-License-Identifier: MIT
// parser.h -- the grammar of rules: text in, tree out.
//
//   in      a rule of at most 4 KiB, nested at most 64 deep
//   out     the tree; names are not judged here, arguments are strings and none of them is empty
//   errors  the first one, with its place in the text
//   cost    linear; the recursion is as deep as the parentheses
//   source  http-routing.md section 2. v2 rules have the same grammar and other functions
#pragma once

#include "rules/ast.h"

#include <string_view>

namespace pm::rules {

constexpr std::size_t max_rule_bytes = 4096;
constexpr unsigned max_rule_depth = 64;

// False: `error` says why.
bool parse(std::string_view text, Tree& tree, RuleError& error);

}  // namespace pm::rules
