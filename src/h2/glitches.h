// SPDX-License-Identifier: MIT
// glitches.h -- how much odd behaviour a connection may show before it is ended: a token bucket.
//
//   in      one call for each odd thing; the clock
//   out     false: the budget is spent
//   cost    a compare; the clock is looked at only when something odd has happened
//   source  security.md section 4
#pragma once

#include <algorithm>
#include <cstdint>

namespace pm::h2 {

class Glitches {
 public:
  Glitches(std::uint64_t burst, std::uint64_t per_second) noexcept
      : burst_(burst), rate_(per_second), left_(burst) {}

  bool spend(std::uint64_t now_ms) noexcept {
    refill(now_ms);
    if (left_ == 0) return false;
    --left_;
    return true;
  }

 private:
  void refill(std::uint64_t now_ms) noexcept {
    const std::uint64_t more = (now_ms - since_ms_) * rate_ / 1000;
    if (more == 0) return;
    left_ = more >= burst_ - left_ ? burst_ : left_ + more;
    since_ms_ = now_ms;
  }

  std::uint64_t burst_;
  std::uint64_t rate_;
  std::uint64_t left_;
  std::uint64_t since_ms_ = 0;
};

}  // namespace pm::h2
