// SPDX-License-Identifier: MIT
// limits.h -- what the kernel lets a process have, raised to what is asked for where we may.
//
//   out     the limit in effect
//   source  setrlimit(2), operations.md section 4
#pragma once

#include <cstdint>

namespace pm::os {

// `wanted` 0: as many as the hard limit allows, which root raises to `useful` when it is less.
std::uint64_t raise_open_files(std::uint64_t wanted, std::uint64_t useful) noexcept;
std::uint64_t open_files() noexcept;                   // the limit in effect
void limit_processor_time(unsigned seconds) noexcept;  // SIGKILL one second later
void limit_address_space(
    std::uint64_t bytes) noexcept;  // not under a sanitizer, which maps terabytes
void set_priority(int nice) noexcept;
std::uint64_t accept_queue_bound() noexcept;  // net.core.somaxconn

}  // namespace pm::os
