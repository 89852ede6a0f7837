// SPDX-License-Identifier: MIT
// client_connections.h -- how many connections each client has to one entry point, and whether it may have another.
//
//   in      addresses as connections come and go; those of IPv6 by their /64, which is what one client is given
//   out     yes, or no: it has enough. The bound holds for all workers together; what a process that dies held is given back
//           by the master
//   cost    no bound: a compare. With one: two lines of shared memory and a look-up each way
//   errors  no room in shared memory: the connection passes uncounted
//   source  security.md section 5, maxConnectionsPerIP; decision 57
#pragma once

#include "core/ip.h"
#include "http/tools.h"

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace pm::runtime {

class ClientConnections {
 public:
  ClientConnections(std::string_view entry_point, std::int64_t most) noexcept;

  bool enter(const http::WorkerTools& tools, const Address& client) noexcept;
  void leave(const http::WorkerTools& tools, const Address& client) noexcept;  // after a yes

 private:
  using Places = std::vector<std::uint32_t>;  // of a client's connections to this worker

  std::uint64_t identity_;
  std::uint64_t most_;  // 0: no bound
  std::unordered_map<std::uint64_t, Places> held_;
};

}  // namespace pm::runtime
