// SPDX-License-Identifier: MIT
// service.h -- the contract of what answers a request.
//
//   in      serve(): an Exchange whose request head is complete; its body may be pulled or left alone
//   out     the response, by the Exchange's response_*() calls, now or later. A service that answers later sets itself (or a
//           connection) as the exchange's ClientEnd, so that it hears of cancel()
//   own     a Service is immutable and shared by all exchanges of a worker, but for state of its own worker (cursors)
//   source  layout.md, "The middleware contract"
#pragma once

#include "http/exchange.h"

namespace pm::http {

class Service {
 public:
  virtual ~Service() = default;
  virtual void serve(Exchange& exchange) noexcept = 0;
};

}  // namespace pm::http
