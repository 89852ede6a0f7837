// SPDX-License-Identifier: MIT
// inspect.h -- what /proc tells of other processes: is it still the same one, what is it called, who holds a port.
//
//   out     nothing where /proc is silent or hides other users
//   cost    port_holder() reads every descriptor of every process: for an error message only
//   source  proc(5)
#pragma once

#include "core/ip.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

namespace pm::os {

struct Process {
  pid_t pid = 0;
  std::string name;  // "nginx"
};

bool is_alive(pid_t pid);  // a zombie is not: it serves nobody, and some first processes never reap
// In clock ticks after boot: a pid and its start time name one process for ever.
std::optional<std::uint64_t> start_time(pid_t pid);
std::optional<std::uint64_t> parse_start_time(std::string_view stat) noexcept;  // /proc/<pid>/stat
std::string process_name(pid_t pid);
std::optional<Process> port_holder(const Endpoint& endpoint);  // who listens there (TCP)

std::string
program_path();  // of this process, as it was when it was started; "" when the system does not say
std::string host_name();  // of this machine; "localhost" when it has none

}  // namespace pm::os
