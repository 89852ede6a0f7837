// SPDX-License-Identifier: MIT
// load_guard.h -- the master's side of a load: a child does it, and whatever happens to the child, the master goes on.
//
//   in      two empty memfds go in with the child, and what is in force; the wait status of that child
//   out     the descriptors of two sealed Bundles, or the exit code and a sentence ("" when the child has said it all)
//   errors  the child has 30 s, then it is killed; TERM, INT or QUIT during a start kill it too
//   source  decisions 22 and 24
#pragma once

#include "os/fd.h"
#include "os/signal.h"
#include "process/cli.h"
#include "process/loader.h"
#include "runtime/modules.h"

#include <chrono>
#include <optional>
#include <string>

#include <sys/types.h>

namespace pm::process {

constexpr int exit_by_signal = 128;  // plus the signal, as a shell counts

struct LoadOutcome {
  os::Fd bundle;        // of the workers; open when the load has succeeded
  os::Fd agent_bundle;  // the same without keys
  std::chrono::system_clock::time_point began{};
  os::Fd refusal;  // of a load that was refused: a Bundle of its findings
  int exit_code = exit_success;
  std::string message;
};

// A loader that runs.
class Loading {
 public:
  using Clock = std::chrono::steady_clock;
  static Result<Loading> start(const Command& command, const runtime::Modules& modules,
                               const LoadOrder& order);

  pid_t pid() const noexcept { return pid_; }
  Clock::time_point deadline() const noexcept { return deadline_; }
  // At the deadline; the death that follows is told to finish(). Nothing is left to wait for.
  void kill() noexcept;
  LoadOutcome finish(int wait_status);

 private:
  Loading(os::Fd bundle, os::Fd agent_bundle) noexcept;
  os::Fd bundle_;
  os::Fd agent_bundle_;
  pid_t pid_ = 0;
  Clock::time_point deadline_;
  std::chrono::system_clock::time_point began_;  // files may have changed since
  bool took_too_long_ = false;
};

LoadOutcome load_in_child(const Command& command, const runtime::Modules& modules,
                          const os::SignalFd& signals);

}  // namespace pm::process
