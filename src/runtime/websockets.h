// SPDX-License-Identifier: MIT
// websockets.h -- the WebSockets of one entry point: whether there may be any, how many, and how many there are.
//
//   in      handshakes as they come, before they are routed; the ends of their exchanges
//   out     yes, or the status of the refusal. The bound holds for all workers together; what a process that dies held is given
//           back by the master
//   cost    a bound: two lines of shared memory a handshake. None: a counter of this worker
//   source  http-routing.md, "Beyond Traefik"; decision 57
#pragma once

#include "http/exchange.h"
#include "http/tools.h"
#include "observe/meters.h"

#include <cstdint>
#include <string>

namespace pm::runtime {

class Websockets {
 public:
  Websockets(std::string entry_point, bool enabled, std::int64_t most) noexcept
      : name_(std::move(entry_point)),
        most_(most > 0 ? static_cast<std::uint64_t>(most) : 0),
        is_enabled_(enabled) {}

  void open_meter(observe::Meters& meters);
  // 0: admitted, and counted until leave(). Otherwise 403 or 503.
  std::uint16_t enter(http::Exchange& exchange) noexcept;
  void leave(http::Exchange& exchange) noexcept;  // of any exchange

 private:
  void note(int more) noexcept;

  std::string name_;
  std::uint64_t most_;      // 0: no bound
  std::uint64_t open_ = 0;  // in this worker: handshakes under way and tunnels
  shm::Cell* cell_ = nullptr;
  bool is_enabled_;
};

}  // namespace pm::runtime
