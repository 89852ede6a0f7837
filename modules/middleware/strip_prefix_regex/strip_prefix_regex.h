// SPDX-License-Identifier: MIT
// strip_prefix_regex.h -- the stripPrefixRegex middleware: takes what an expression finds at the beginning off the path.
//
//   in      request.path, encoded; expressions (RE2) in the order of the file, searched in the decoded path
//   out     as stripPrefix with the text of the leftmost match, where the path begins with that text
//   cost    one search for each expression
//   errors  an expression that is none; 400 as stripPrefix
//   source  middlewares-1.md section 2.3
#pragma once

#include "http/module.h"

namespace pm {

extern const http::MiddlewareModule strip_prefix_regex_middleware;

}  // namespace pm
