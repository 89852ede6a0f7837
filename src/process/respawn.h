// SPDX-License-Identifier: MIT
// respawn.h -- when a dead child is started again: at once, but not when it dies over and over.
//
//   in      the time of each death
//   out     how long to wait: 0 for the first five deaths within 10 s, then 1 s, doubled with each further one up to 10 s
//   source  operations.md section 3 (CHLD), security.md section 9
#pragma once

#include <array>
#include <chrono>
#include <cstddef>

namespace pm::process {

class Respawn {
 public:
  using Clock = std::chrono::steady_clock;
  std::chrono::milliseconds delay_after_death(Clock::time_point now) noexcept;

 private:
  static constexpr std::size_t tolerated = 5;
  std::array<Clock::time_point, tolerated> deaths_{};  // a ring of the last ones; the epoch: none
  std::size_t next_ = 0;
  unsigned backed_off_ = 0;
};

}  // namespace pm::process
