// SPDX-License-Identifier: MIT
// handoff.h -- what one program gives to the next: sockets, memory zones, and a channel to talk over while both live.
//
//   shape   POINTSMAN_FDS names a descriptor: a sealed text of one line a thing, each with the number of the descriptor that
//           goes with it. The variable is taken out of the environment at once
//   in      the outgoing master's sockets and zones; the path of the program and its arguments
//   out     to the new program: the same, as descriptors of its own
//   own     a Heritage owns what it holds until somebody takes it
//   errors  a text that is none, or a descriptor that is not open: the new program does not start
//   source  operations.md section 7; decision 32
#pragma once

#include "os/fd.h"
#include "process/channel.h"
#include "process/listeners.h"
#include "shm/zones.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace pm::process {

inline constexpr const char* handoff_variable = "POINTSMAN_FDS";

// A process that may be gone, and its number taken by another one.
struct KnownProcess {
  pid_t pid = 0;
  std::uint64_t start_time = 0;
  bool is_alive() const;
  static KnownProcess of(pid_t pid);
};

struct InheritedZone {
  std::string name;
  os::Fd fd;
};

struct Bequest {
  std::vector<ListenerSocket> sockets;
  std::vector<shm::ZoneFd> zones;
  int agent_socket = -1;  // -1: there is none
  std::string agent_path;
  int channel = -1;
  std::vector<KnownProcess>
      masters;  // that still drain, the eldest first; the one that hands over is the last
  bool is_daemon = false;
  bool is_unattended = false;  // -s upgrade: it ends as a whole or not at all
};

struct Heritage {
  Channel channel;
  std::vector<InheritedSocket> sockets;
  std::vector<InheritedZone> zones;
  os::Fd agent_socket;
  std::string agent_path;
  std::vector<KnownProcess> masters;
  bool is_daemon = false;
  bool is_unattended = false;
};

// Nothing: this program was started by somebody else.
Result<std::optional<Heritage>> receive_heritage();

// Starts `program` in a process of its own; it has the descriptors of the Bequest and the standard ones.
struct Program {
  std::string path;
  std::vector<std::string> arguments;  // with the name in front
};
Result<pid_t> start_program(const Program& program, const Bequest& bequest);

}  // namespace pm::process
