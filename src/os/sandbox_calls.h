// SPDX-License-Identifier: MIT
// sandbox_calls.h -- which system call gets which answer inside the sandbox; sandbox.h makes a filter of it.
//
//   shape   a deny-list: what stands nowhere here is allowed. The tables know every call up to `first_unknown_call`; a
//           newer one is answered as an older kernel would (ENOSYS), so that no new door opens by an upgrade of the kernel
//   source  the man pages of section 2; systemd's groups of calls (systemd-analyze syscall-filter) as a cross-check
#pragma once

#include "os/sandbox.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <linux/filter.h>

namespace pm::os {

enum class CallAnswer : std::uint8_t {
  end,          // nothing here ever asks for it: the process has been taken over
  not_allowed,  // EPERM
  no_access,    // EACCES, what a file's permissions would have said
  no_family,    // EAFNOSUPPORT
  not_known,    // ENOSYS: libraries have another way
};

struct CallRule {
  unsigned number;
  CallAnswer answer;
};

// A call that depends on one of its arguments, of which the lower 32 bits are looked at. is_not_in alone takes several
// values.
struct ArgumentRule {
  enum class Test : std::uint8_t { has_any_of, has_none_of, is, is_not_in };
  unsigned number;
  std::uint8_t argument;  // from 0
  Test test;              // true: the answer is given; false: the call is allowed
  std::array<std::uint32_t, 4> values{};
  std::uint8_t value_count = 1;
  CallAnswer answer = CallAnswer::not_allowed;
};

inline constexpr unsigned first_unknown_call = 451;

// The program that enter_sandbox() installs; empty where the architecture is not known.
std::vector<sock_filter> sandbox_filter(SandboxKind kind, SandboxMode mode);

std::span<const CallRule> calls_of_everybody() noexcept;
std::span<const CallRule> calls_of(SandboxKind kind) noexcept;
std::span<const ArgumentRule> arguments_of_everybody() noexcept;
std::span<const ArgumentRule> arguments_of(SandboxKind kind) noexcept;

// Calls that take a process or thread to act on: for the process `self` alone.
std::array<ArgumentRule, 3> arguments_of_self(std::uint32_t self) noexcept;

}  // namespace pm::os
