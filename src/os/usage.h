// SPDX-License-Identifier: MIT
// usage.h -- what this process has used: processor time, memory, descriptors.
//
//   in      made before a sandbox closes the way to /proc; read as often as one likes
//   out     zeros for what the system does not tell
//   own     one descriptor
//   cost    read(): two system calls
//   source  proc(5) statm, clock_gettime(2), getrlimit(2)
#pragma once

#include "os/fd.h"

#include <cstdint>

namespace pm::os {

struct Usage {
  std::uint64_t cpu_ns = 0;
  std::uint64_t memory = 0;     // bytes in memory
  std::uint64_t addresses = 0;  // bytes of address space
};

class UsageReader {
 public:
  UsageReader();
  Usage read() const noexcept;
  // As they were when this was made: later ones are for their owner to count.
  std::uint64_t descriptors() const noexcept { return descriptors_; }
  std::uint64_t most_descriptors() const noexcept { return most_; }

 private:
  Fd statm_;
  std::uint64_t descriptors_ = 0;
  std::uint64_t most_ = 0;
};

std::uint64_t open_descriptors();     // of this process; reads a folder
std::uint64_t address_space_limit();  // UINT64_MAX: none

}  // namespace pm::os
