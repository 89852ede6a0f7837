// SPDX-License-Identifier: MIT
// expand.h -- ${NAME} in values of the static part.
//
//   in      scalars: "${NAME}", "${NAME:-default}" (also when NAME is empty), "$$" for one dollar. Any other "$" stays
//   out     the same tree with the texts replaced; what a variable holds is not looked at again. Keys stay
//   errors  an undefined variable, a "${" without "}" or without a name: an error at the value, which stays as it was
//   source  operations.md section 1. Never for dynamic values: "$" is at home in regular expressions and hashes
#pragma once

#include "config/environment.h"
#include "config/findings.h"
#include "config/node.h"

namespace pm::config {

void expand_variables(Node& node, const Environment& environment, Findings& findings);

}  // namespace pm::config
