// SPDX-License-Identifier: MIT
// headers.h -- the headers middleware: fields of one's own, CORS, and what browsers are told for safety.
//
//   in      request and response; the options, each of which may be left out
//   out     request: fields set or deleted, a preflight answered, a Host that is not allowed refused (500 "Bad Host").
//           response: security fields, then custom ones, then CORS; each replaces what the server has sent
//   cost    a walk over the options that are set; fields that must be put together lie in the arena
//   errors  nothing set at all; an expression that is none; a name or value that no header can have
//   source  middlewares-2.md section 6.1; section 10 for ${uuid}
//
//   cors.h    who may read an answer        security.h    what browsers are told        headers.cc    options, custom fields
#pragma once

#include "http/module.h"

namespace pm {

extern const http::MiddlewareModule headers_middleware;

}  // namespace pm
