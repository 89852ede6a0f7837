// SPDX-License-Identifier: MIT
// load_guard.h -- the master's side of a load: a child does it, and whatever happens to the child, the master goes on.
//
//   in      two empty memfds go in with the child; signals come through the SignalFd
//   out     the descriptors of two sealed Bundles, or the exit code and a sentence ("" when the child has said it all)
//   errors  the child has 30 s, then it is killed; TERM, INT or QUIT meanwhile kill it too
//   source  decisions 22 and 24
#pragma once

#include "os/fd.h"
#include "os/signal.h"
#include "process/cli.h"
#include "runtime/modules.h"

#include <string>

namespace pm::process {

constexpr int exit_by_signal = 128;  // plus the signal, as a shell counts

struct LoadOutcome {
  os::Fd bundle;        // of the workers; open when the load has succeeded
  os::Fd agent_bundle;  // the same without keys
  int exit_code = exit_success;
  std::string message;
};

LoadOutcome load_in_child(const Command& command, const runtime::Modules& modules,
                          const os::SignalFd& signals);

}  // namespace pm::process
