// SPDX-License-Identifier: MIT
// path.h -- the Path matcher: the routing path is exactly the one given.
//
//   in      a path that starts with "/"; v2: or a template, "/users/{id:[0-9]+}", that must fit the whole path
//   out     the path as a prefix for the index
//   cost    one compare; a template costs a search of RE2
//   errors  a path that does not start with "/", a broken template
//   source  http-routing.md sections 3, 3.1 and 6
#pragma once

#include "rules/matcher.h"

namespace pm {

extern const rules::MatcherModule path_matcher;

}  // namespace pm
