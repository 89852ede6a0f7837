// SPDX-License-Identifier: MIT
// affinity.h -- how many cores this process may use, and which one a worker sits on.
//
//   in      /proc/self/cgroup, /proc/self/mountinfo and the quota files of cgroup v1 and v2; `root` stands before
//           every path, so that a test can lend a tree
//   out     whole cores, at least 1; a quota of 1.5 cores counts as 2
//   errors  what cannot be read limits nothing
//   source  sched_getaffinity(2), cgroup v2 "cpu.max", cgroup v1 "cpu.cfs_quota_us"; operations.md section 4
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pm::os {

unsigned usable_cores();
std::optional<unsigned> quota_cores(const std::string& root = "");

// "max 100000" or "150000 100000"; nothing without a limit.
std::optional<unsigned> parse_cpu_max(std::string_view text) noexcept;

void pin_to_cores(std::uint64_t mask) noexcept;        // bit n: core n
void pin_to_nth_usable_core(unsigned index) noexcept;  // counted around

}  // namespace pm::os
