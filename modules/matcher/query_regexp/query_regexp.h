// SPDX-License-Identifier: MIT
// query_regexp.h -- the QueryRegexp matcher: an expression finds a match in some value of a query parameter.
//
//   in      a key and an expression in RE2 syntax, unanchored; the key alone: present with an empty value, as Query(key)
//   cost    a walk over the query; a value with an escape in it is decoded into memory of its own, a heap allocation when
//           it is longer than a std::string holds in place
//   errors  an expression that does not compile
//   source  http-routing.md section 3. A pair that does not decode counts as absent
#pragma once

#include "rules/matcher.h"

namespace pm {

extern const rules::MatcherModule query_regexp_matcher;

}  // namespace pm
