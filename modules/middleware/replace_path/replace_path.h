// SPDX-License-Identifier: MIT
// replace_path.h -- the replacePath middleware: another path in place of the request's.
//
//   in      request.path; `path`, escaped already
//   out     request.path; X-Replaced-Path with the one before, added. The query stays
//   cost    none to speak of
//   errors  500 with what is wrong, when `path` holds an escape that is none
//   source  middlewares-1.md section 2.4
#pragma once

#include "http/module.h"

namespace pm {

extern const http::MiddlewareModule replace_path_middleware;

}  // namespace pm
