// SPDX-License-Identifier: MIT
// load.cc -- the clients of the measurements: one thread, closed loop, or open loop at a fixed rate (options.h).
#include "t/bench/tools/load_loop.h"

#include <csignal>

#include <unistd.h>

int main(int count, char** words) {
  std::signal(SIGPIPE, SIG_IGN);
  pm::bench::Load load(pm::bench::options_of(count, words));
  // Thousands of connections are the kernel's to take down.
  _exit(load.run());
}
