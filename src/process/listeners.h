// SPDX-License-Identifier: MIT
// listeners.h -- every listening socket of the daemon: one per worker slot and address, made and kept by the master.
//
//   in      the Plan's addresses and the number of workers
//   out     sockets by slot; a worker takes those of its slot, a new worker of that slot takes the same ones
//   own     the sockets; close_all() ends listening once the workers have closed theirs
//   errors  a sentence that begins with the place of the address, and the exit code that goes with it
//   cost    an address in use is tried again for 5 s: the previous daemon may be about to let go
//   source  decisions 32 and 33, operations.md section 2
#pragma once

#include "core/ip.h"
#include "os/fd.h"
#include "runtime/plan.h"
#include "runtime/server.h"

#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace pm::process {

struct BindFailure {
  int exit_code;
  std::string message;  // "" when the wait was interrupted
};

class Listeners {
 public:
  // Waits; false when the wait was interrupted and the start is to be given up.
  using Pause = std::function<bool(std::chrono::milliseconds)>;

  std::optional<BindFailure> bind(std::span<const runtime::PlanAddress> addresses, unsigned slots,
                                  const Pause& pause);
  std::vector<runtime::ListeningSocket> of_slot(unsigned slot) const;
  // ":80", or the address with the port that the kernel chose.
  std::string shown_address(const runtime::PlanAddress& address, std::size_t index) const;
  void close_all() noexcept { sockets_.clear(); }

 private:
  struct Socket {
    std::uint32_t entry_point;
    unsigned slot;
    os::Fd fd;
  };
  Status bind_group(const runtime::PlanAddress& address, unsigned slots);

  std::vector<Socket> sockets_;
  std::vector<Endpoint> bound_;  // by address
};

}  // namespace pm::process
