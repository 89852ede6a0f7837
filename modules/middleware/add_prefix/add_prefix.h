// SPDX-License-Identifier: MIT
// add_prefix.h -- the addPrefix middleware: puts a text in front of the path.
//
//   in      request.path, encoded
//   out     the same with `prefix` in front, rooted; no slash is put between the two
//   cost    one join
//   errors  an empty prefix
//   source  middlewares-1.md section 2.1
#pragma once

#include "http/module.h"

namespace pm {

extern const http::MiddlewareModule add_prefix_middleware;

}  // namespace pm
