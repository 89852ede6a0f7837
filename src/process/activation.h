// SPDX-License-Identifier: MIT
// activation.h -- listening sockets that a service manager has made before it started us.
//
//   shape   LISTEN_PID names this process, LISTEN_FDS says how many descriptors follow the third one, LISTEN_FDNAMES what they
//           are called, with colons between
//   in      the environment; before anything else is opened
//   out     the descriptors, no longer to be inherited by programs that we start
//   own     whoever takes them
//   errors  none: variables for another process, or numbers that are none, mean that nothing was passed
//   source  sd_listen_fds(3); static-config.md section 4, "Socket facts"
#pragma once

#include "config/environment.h"
#include "os/fd.h"

#include <string>
#include <vector>

#include <sys/types.h>

namespace pm::process {

struct PassedSocket {
  std::string name;  // "unknown" and the like when nobody has named it
  os::Fd fd;
};

std::vector<PassedSocket> take_passed_sockets(const config::Environment& environment, pid_t self);

}  // namespace pm::process
