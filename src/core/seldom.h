// SPDX-License-Identifier: MIT
// seldom.h -- whether something that goes wrong again and again is worth another line of the log.
//
//   in      the time, in milliseconds of any clock that does not go back
//   out     yes the first time, and then at most once a minute
//   own     values
#pragma once

#include <cstdint>

namespace pm {

class Seldom {
 public:
  static constexpr std::uint64_t pause_ms = 60000;

  bool may_say(std::uint64_t now_ms) noexcept {
    if (has_said_ && now_ms < last_ms_ + pause_ms) return false;
    has_said_ = true;
    last_ms_ = now_ms;
    return true;
  }

 private:
  std::uint64_t last_ms_ = 0;
  bool has_said_ = false;
};

}  // namespace pm
