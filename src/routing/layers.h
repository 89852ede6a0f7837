// SPDX-License-Identifier: MIT
// layers.h -- parents and children: which router leads to which, and what of it can never be reached.
//
//   in      drafts in order of name
//   out     parents and children of each; cycles cut, one finding for each cut; routers that hang on nothing disabled
//   cost    linear in routers and references; no recursion, so chains may be as long as they like
//   errors  findings at the reference concerned
//   source  http-routing.md section 5
#pragma once

#include "config/findings.h"
#include "routing/draft.h"

#include <cstdint>
#include <vector>

namespace pm::routing {

// Returns all drafts in an order in which children come before their parents.
std::vector<std::uint32_t> arrange_layers(std::vector<Draft>& drafts, config::Findings& findings);

}  // namespace pm::routing
