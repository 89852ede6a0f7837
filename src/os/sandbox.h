// SPDX-License-Identifier: MIT
// sandbox.h -- a filter of system calls for processes that talk to strangers: what they never need, they cannot ask for.
//
//   in      called once, by a process of one thread that has set no_new_privs; threads made later inherit the filter
//   out     enforce: a call that only an intruder makes ends the process (SIGSYS), one that a library may try fails
//           log: every call goes through, the kernel's log names those that enforce would refuse
//   own     nothing: a filter stays until the process ends, and children of it would have it too
//   cost    30 ns a call that is allowed whatever its arguments (from Linux 5.11 on the kernel keeps a bitmap of them),
//           100 to 300 ns for the few whose arguments are looked at (mmap, ioctl, socket)
//   errors  denied: the kernel has no such filters, or a surrounding sandbox forbids them
//   source  seccomp(2), decision 35; which call gets which answer: sandbox_calls.h
#pragma once

#include "core/result.h"

#include <cstdint>

namespace pm::os {

enum class SandboxMode : std::uint8_t { off, log, enforce };

enum class SandboxKind : std::uint8_t {
  closed,   // a worker: opens no file, whatever it is for
  reading,  // the agent: opens files for reading
};

// Whether this architecture is known and this kernel has the answers that the filter gives.
bool can_sandbox() noexcept;
Status enter_sandbox(SandboxKind kind, SandboxMode mode) noexcept;

}  // namespace pm::os
