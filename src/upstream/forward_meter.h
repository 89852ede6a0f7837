// SPDX-License-Identifier: MIT
// forward_meter.h -- who is told what became of each attempt to forward, to count it.
//
//   in      an exchange whose attempt is over; the exchange may go on with another
//   out     nothing
//   source  observability.md sections 1.2 and 1.4
#pragma once

#include "http/exchange.h"
#include "http/outcome.h"

namespace pm::upstream {

struct AttemptFacts {
  std::uint64_t began_ns = 0;
  std::uint64_t origin_bytes = 0;  // of the answer's body
  std::uint16_t status =
      0;  // of the server, or of the proxy in its place; 499: nobody waited for one
};

class ForwardMeter {
 public:
  virtual ~ForwardMeter() = default;
  virtual void on_attempt_end(http::Exchange& exchange, const AttemptFacts& facts) noexcept = 0;
  virtual void on_failure(http::Outcome outcome) noexcept = 0;
  virtual void on_no_server() noexcept = 0;
};

}  // namespace pm::upstream
