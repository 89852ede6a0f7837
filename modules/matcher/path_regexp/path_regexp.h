// SPDX-License-Identifier: MIT
// path_regexp.h -- the PathRegexp matcher: an expression finds a match in the routing path.
//
//   in      RE2 syntax, unanchored, case-sensitive unless (?i)
//   cost    a search of RE2, linear in the path
//   errors  an expression that does not compile
//   source  http-routing.md section 3
#pragma once

#include "rules/matcher.h"

namespace pm {

extern const rules::MatcherModule path_regexp_matcher;

}  // namespace pm
