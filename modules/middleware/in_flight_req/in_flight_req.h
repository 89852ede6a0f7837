// SPDX-License-Identifier: MIT
// in_flight_req.h -- the inFlightReq middleware: of each source only so many requests at one time.
//
//   in      amount; a sourceCriterion, without which the host as sent counts
//   out     429 "max connections reached: N" for those above it. A request counts from here until its exchange ends: its answer
//           sent, its tunnel closed, its client gone
//   state   a record in shared memory for each source: all workers count together, and the master gives back what a dead one held
//   cost    two cache lines of keys and the cells of one record
//   errors  no room in the table: it passes uncounted
//   source  middlewares-2.md section 5.4; decision 57
#pragma once

#include "http/module.h"

namespace pm {

extern const http::MiddlewareModule in_flight_req_middleware;

}  // namespace pm
