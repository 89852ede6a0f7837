// SPDX-License-Identifier: MIT
// retry.h -- the retry middleware: everything inside it once more, when that is safe and may help.
//
//   in      an answer that says that no byte of the request reached a server (the network rule), or one whose status is
//           listed (the status rule: the request's body must be kept, and its method allow it)
//   out     the answer of the last try; fields and interim answers of dropped ones vanish
//   cost    a copy of the request's head; with `status`, its body in memory up to maxRequestBodyBytes
//   errors  fewer than one attempt; no rule left at all
//   source  middlewares-2.md section 5.5
#pragma once

#include "http/module.h"

namespace pm {

extern const http::MiddlewareModule retry_middleware;

}  // namespace pm
