// SPDX-License-Identifier: MIT
// replace_path_regex.h -- the replacePathRegex middleware: what an expression finds in the path is replaced.
//
//   in      request.path, encoded, without query; an expression (RE2, not anchored) and what replaces each match
//   out     request.path and X-Replaced-Path, when something was found
//   cost    one search
//   errors  an expression that is none; 500 when the new path holds an escape that is none, 400 when it has dot segments
//   source  middlewares-1.md section 2.5
#pragma once

#include "http/module.h"

namespace pm {

extern const http::MiddlewareModule replace_path_regex_middleware;

}  // namespace pm
