// SPDX-License-Identifier: MIT
// host_regexp.h -- the HostRegexp matcher: an expression finds a match in the canonical host.
//
//   in      RE2 syntax, unanchored, ASCII. A canonical host is lower case, so upper-case letters never match without (?i)
//           v2: a template, "{sub:[a-z]+}.example.com", that must fit the whole host, ignoring case
//   cost    a search of RE2, linear in the host
//   errors  an expression that does not compile or is not ASCII, a broken template
//   source  http-routing.md sections 3 and 3.1
#pragma once

#include "rules/matcher.h"

namespace pm {

extern const rules::MatcherModule host_regexp_matcher;

}  // namespace pm
