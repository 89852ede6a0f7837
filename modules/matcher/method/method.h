// SPDX-License-Identifier: MIT
// method.h -- the Method matcher: the request method is the one given.
//
//   in      one token; made upper case here, while the method of a request is compared as it was sent
//   cost    one compare
//   source  http-routing.md section 3
#pragma once

#include "rules/matcher.h"

namespace pm {

extern const rules::MatcherModule method_matcher;

}  // namespace pm
