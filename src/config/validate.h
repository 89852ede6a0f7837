// SPDX-License-Identifier: MIT
// validate.h -- several documents to one configuration, and what only the whole can tell.
//
//   in      decoded documents in the order of reading
//   out     a complete Config: objects in order of name, the entry points that are added by themselves
//   errors  static: a name that leads nowhere, an address used twice. Dynamic: a duplicate is left out with a warning,
//           a middleware of a type that this build does not have is broken. Rules and references are judged when built
//   source  static-config.md sections 3, 4, 5.1 and 6
#pragma once

#include "config/dynamic_model.h"
#include "config/findings.h"
#include "config/middleware_type.h"

#include <vector>

namespace pm::config {

// Everything of all documents; of two objects with one name and provider the first counts.
Dynamic merge(std::vector<Dynamic> documents, Findings& findings);

// Adds what is implied and checks the whole. `middleware_types`: those that this build has.
bool validate(Config& config, Findings& findings, MiddlewareTypes middleware_types = {});

}  // namespace pm::config
