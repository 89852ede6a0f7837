// SPDX-License-Identifier: MIT
// header.h -- the Header matcher: some value of a request header equals the one given.
//
//   in      a field name, in any case, and a value. Each field line is one value: commas mean nothing here
//   cost    a bit test when a well-known field is absent, else a walk over the fields
//   source  http-routing.md section 3: Host is no header to rules, so it never matches
#pragma once

#include "rules/matcher.h"

namespace pm {

extern const rules::MatcherModule header_matcher;

}  // namespace pm
