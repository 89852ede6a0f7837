// SPDX-License-Identifier: MIT
// query.h -- the Query matcher: some value of a query parameter equals the one given.
//
//   in      a key and a value, compared decoded ("+" and "%20" are blanks); the key alone: present with an empty value
//           v2: one "key=value"; with nothing behind the "=" any value will do
//   cost    a walk over the query, in place
//   errors  v2: an argument without "="
//   source  http-routing.md sections 3 and 3.1. A pair that does not decode counts as absent
#pragma once

#include "rules/matcher.h"

namespace pm {

extern const rules::MatcherModule query_matcher;

}  // namespace pm
