// SPDX-License-Identifier: MIT
// signal.h -- signals as readable events, and their names for messages.
//
//   out     a SignalFd turns blocked signals into numbers that a poll loop reads
//   own     blocking is inherited by fork: a child calls restore_signals() before it does anything of its own
//   errors  none after construction
//   source  signalfd(2), operations.md section 3
#pragma once

#include "os/fd.h"

#include <initializer_list>
#include <optional>
#include <string>

namespace pm::os {

struct Signal {
  int number = 0;
  int value = 0;  // what sigqueue(3) has sent with it; 0 from kill(2)
};

class SignalFd {
 public:
  static Result<SignalFd> block(
      std::initializer_list<int> signals);  // and ignores SIGPIPE, SIGXFSZ
  int number() const noexcept { return fd_.number(); }
  std::optional<Signal> next() const noexcept;  // nothing when none is pending

 private:
  explicit SignalFd(Fd fd) noexcept : fd_(std::move(fd)) {}
  Fd fd_;
};

void ignore_signal(int signal) noexcept;
bool ends_a_start(int signal) noexcept;  // TERM, INT, QUIT: whoever is still starting gives up
// Default actions and nothing blocked; SIGPIPE and SIGXFSZ stay ignored.
void restore_signals() noexcept;
std::string signal_name(int signal);  // "SIGTERM"
std::string describe_exit(
    int wait_status);  // "exited with code 1", "was killed by SIGSEGV (core dumped)"

}  // namespace pm::os
