// SPDX-License-Identifier: MIT
// listeners.h -- every listening socket of the daemon: one per worker slot and address, made and kept by the master.
//
//   shape   a group of sockets for each address (SO_REUSEPORT), in the order of the slots. A socket is never closed while
//           its address is listened on: connections may be queued in it. With fewer workers than sockets a worker takes
//           several, and the kernel is told to give new connections to the first ones only
//           A socket of the service manager's may have to be shared by all workers
//   in      the Plan's addresses and the number of workers, again with each reload
//   out     the sockets of a slot; a new worker of that slot takes the same ones
//   own     the sockets; close_all() ends listening once the workers have closed theirs
//   errors  a sentence that begins with the place of the address, and the exit code that goes with it; then nothing was made
//   cost    an address in use is tried again for 5 s at a start: the previous daemon may be about to let go
//   source  decisions 32 and 33, operations.md section 2, performance-notes.md section 3
#pragma once

#include "core/ip.h"
#include "os/fd.h"
#include "process/activation.h"
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

// One socket on its way to the next program, which finds its group by the key.
struct ListenerSocket {
  std::string key;
  std::size_t index = 0;  // in its group
  unsigned steered = 0;   // of the group: see Listeners
  int fd = -1;
};
struct InheritedSocket {
  std::string key;
  std::size_t index = 0;
  unsigned steered = 0;
  os::Fd fd;
};

class Listeners {
 public:
  // Waits; false when the wait was interrupted and the start is to be given up.
  using Pause = std::function<bool(std::chrono::milliseconds)>;

  // Makes what is missing. `pause` is not asked for at a reload: null, and an address in use is a failure at once.
  // Sockets of the service manager, before the first bind(): each becomes that of the entry point of its name, or of its
  // address. Out: what is to be said of those that fit nobody and of entry points that got none.
  std::vector<std::string> take(std::vector<PassedSocket> sockets,
                                std::span<const runtime::PlanAddress> addresses);
  std::optional<BindFailure> bind(std::span<const runtime::PlanAddress> addresses, unsigned slots,
                                  const Pause& pause);
  std::vector<runtime::ListeningSocket> of_slot(std::span<const runtime::PlanAddress> addresses,
                                                unsigned slot, unsigned slots) const;
  // ":80", or the address with the port that the kernel chose.
  std::string shown_address(const runtime::PlanAddress& address) const;
  // From now on these are all: the sockets of other addresses are closed, and `slots` of each group get connections.
  void settle(std::span<const runtime::PlanAddress> addresses, unsigned slots);
  void close_all() noexcept { groups_.clear(); }
  std::vector<ListenerSocket> all() const;
  // Of the program before, in any order; before the first bind(). False: one of them is no listening socket.
  bool adopt(std::vector<InheritedSocket> sockets);
  std::size_t size() const noexcept;  // sockets

 private:
  struct Group {
    std::string key;  // of its address, or of the entry point that it was passed for
    Endpoint bound;
    std::vector<os::Fd> sockets;
    unsigned steered =
        0;  // how many of them get connections; 0: all, and the kernel was never told
    bool is_shared =
        false;  // made by somebody who lets no other socket beside them: every worker takes all
  };
  using Groups = std::vector<Group>;
  Status add_group(Groups& made, const runtime::PlanAddress& address, unsigned slots) const;
  Status add_sockets(const Group& group, std::vector<os::Fd>& made, unsigned slots) const;
  void hold_steady(Group& group) noexcept;
  void find_shared() noexcept;
  Group* find(const runtime::PlanAddress& address) noexcept;
  const Group* find(const runtime::PlanAddress& address) const noexcept;
  bool listens_on(std::uint16_t port) const noexcept;

  Groups groups_;
};

}  // namespace pm::process
