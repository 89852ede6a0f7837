// SPDX-License-Identifier: MIT
// host.h -- the Host matcher: the canonical host is the name given, ignoring case.
//
//   in      one ASCII name. "*" alone: every request, even one without a host. "*.example.com": exactly one label in place
//           of the star (v3 only). A trailing dot of the name or of the request is ignored
//   out     the name for the index, "*.example.com" included
//   cost    one compare
//   errors  a name with a byte that is not ASCII
//   source  http-routing.md sections 3 and 3.1
#pragma once

#include "rules/matcher.h"

namespace pm {

extern const rules::MatcherModule host_matcher;

}  // namespace pm
