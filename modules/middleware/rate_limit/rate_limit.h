// SPDX-License-Identifier: MIT
// rate_limit.h -- the rateLimit middleware: of each source only so many requests in a time.
//
//   in      average requests a period, a burst; a sourceCriterion, without which the client's address counts
//   out     next; next after a moment, when less than about half a token is missing; else 429 with Retry-After (seconds, rounded
//           up) and X-Retry-In (a Go duration). What is refused takes no token
//   state   a bucket in shared memory for each source: the limit holds for all workers together, and over reloads
//   cost    a hash of the source, a look at the clock, one compare-and-swap
//   errors  a full table is strict to newcomers: buckets.h. redis and distributed: not supported yet, and said so
//   source  middlewares-2.md sections 5.1 to 5.3; decisions 21 and 55
#pragma once

#include "http/module.h"

namespace pm {

extern const http::MiddlewareModule rate_limit_middleware;

}  // namespace pm
