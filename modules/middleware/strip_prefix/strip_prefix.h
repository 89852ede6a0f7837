// SPDX-License-Identifier: MIT
// strip_prefix.h -- the stripPrefix middleware: takes the beginning of a path off before the service sees it.
//
//   in      request.path, encoded; prefixes in the order of the file
//   out     request.path without the first prefix that it begins with (decoded; a text, not whole segments), rooted again;
//           X-Forwarded-Prefix with that prefix, added to those that are there
//   cost    a compare for each prefix
//   errors  400 where what is left has dot segments or empty ones
//   source  middlewares-1.md section 2.2
#pragma once

#include "http/module.h"

namespace pm {

extern const http::MiddlewareModule strip_prefix_middleware;

}  // namespace pm
