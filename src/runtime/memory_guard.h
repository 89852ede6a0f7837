// SPDX-License-Identifier: MIT
// memory_guard.h -- keeps a worker within the memory that it may use.
//
//   in      the limit; what the process has in memory, looked at four times a second
//   out     each time how it stands: plenty, short (over 90 %: no further connections), very short (over 95 %: idle ones are
//           to go). While it is short, what malloc holds free goes back to the kernel, or the figure would never fall
//   own     a timer
//   cost    two system calls each time
//   source  security.md section 5, workerMemoryLimit
#pragma once

#include "net/loop.h"
#include "os/usage.h"

#include <cstdint>
#include <functional>

namespace pm::runtime {

class MemoryGuard final : private net::Timer {
 public:
  enum class Level : std::uint8_t { plenty, is_short, very_short };
  using Report = std::function<void(Level)>;

  MemoryGuard(net::Loop& loop, const os::UsageReader& usage, std::uint64_t limit, Report report);
  ~MemoryGuard();

  static Level level_of(std::uint64_t used, std::uint64_t limit) noexcept;

 private:
  void on_timer() noexcept override;

  net::Loop* loop_;
  const os::UsageReader* usage_;
  std::uint64_t limit_;
  Report report_;
};

}  // namespace pm::runtime
