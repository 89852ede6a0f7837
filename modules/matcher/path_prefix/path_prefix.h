// SPDX-License-Identifier: MIT
// path_prefix.h -- the PathPrefix matcher: the routing path begins with the text given.
//
//   in      a path that starts with "/"; compared as text, so "/products" also takes "/products-for-sale"
//           v2: or a template, "/users/{id:[0-9]+}", that must fit the beginning of the path
//   out     the prefix for the index
//   cost    one compare; a template costs a search of RE2
//   errors  a path that does not start with "/", a broken template
//   source  http-routing.md sections 3, 3.1 and 6
#pragma once

#include "rules/matcher.h"

namespace pm {

extern const rules::MatcherModule path_prefix_matcher;

}  // namespace pm
