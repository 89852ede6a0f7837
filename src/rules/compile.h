// SPDX-License-Identifier: MIT
// compile.h -- the text of a rule and the matchers of this build in, a Rule out.
//
//   in      a rule in the v3 or v2 language; the table of matcher modules
//   out     a Rule, or the first thing that is wrong with it, its place, and what to write instead
//   cost    done once, when a configuration is built; linear in the text but for what the matchers do (RE2)
//   source  http-routing.md sections 2 and 3; "*" is the catch-all of section "Beyond Traefik"
#pragma once

#include "rules/ast.h"
#include "rules/rule.h"

#include <memory>
#include <span>
#include <string_view>

namespace pm::rules {

struct Compiled {
  std::unique_ptr<const Rule> rule;  // null: `error` says why
  RuleError error;
};

Compiled compile(std::string_view text, Syntax syntax,
                 std::span<const MatcherModule* const> modules);

// The priority of a router that names none: the length of the rule as written, blanks included.
std::int64_t default_priority(std::string_view text) noexcept;

}  // namespace pm::rules
