// SPDX-License-Identifier: MIT
// buffering.h -- the buffering middleware: whole requests to servers, whole answers to clients.
//
//   in      bodies of any length; limits, and how much of each may stay in memory
//   out     requests with a Content-Length; answers likewise, once they are complete. 413, 500 past the limits; 503 when
//           the spill file is full; the exchange once more while retryExpression holds, eleven times at most
//   flow    nothing streams: an event stream arrives at its end. What was upgraded is left alone
//   cost    one copy of each body; behind mem*BodyBytes a block of the worker's spill file for each 64 KiB
//   errors  a limit below 0; an expression that is none
//   source  middlewares-2.md section 5.7; decision 37
#pragma once

#include "http/module.h"

namespace pm {

extern const http::MiddlewareModule buffering_middleware;

}  // namespace pm
