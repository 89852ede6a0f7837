// SPDX-License-Identifier: MIT
// header_regexp.h -- the HeaderRegexp matcher: an expression finds a match in some value of a request header.
//
//   in      a field name, in any case, and an expression in RE2 syntax, unanchored, case-sensitive unless (?i)
//   cost    a bit test when a well-known field is absent, else a walk over the fields and a search in each such value
//   errors  an expression that does not compile
//   source  http-routing.md section 3: Host is no header to rules, so it never matches
#pragma once

#include "rules/matcher.h"

namespace pm {

extern const rules::MatcherModule header_regexp_matcher;

}  // namespace pm
