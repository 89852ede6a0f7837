// SPDX-License-Identifier: MIT
#include "process/respawn.h"

#include <algorithm>

namespace pm::process {
namespace {

constexpr auto window = std::chrono::seconds(10);
constexpr std::chrono::milliseconds first_delay{1000};
constexpr std::chrono::milliseconds longest_delay{10000};

}  // namespace

std::chrono::milliseconds Respawn::delay_after_death(Clock::time_point now) noexcept {
  const Clock::time_point fifth_last = deaths_[next_];
  const Clock::time_point last = deaths_[(next_ + tolerated - 1) % tolerated];
  deaths_[next_] = now;
  next_ = (next_ + 1) % tolerated;

  // Backed off, the deaths lie farther apart: only a child that lived for the window is forgiven.
  const auto since_last = now - last;
  const bool is_looping = fifth_last != Clock::time_point{} && now - fifth_last < window;
  const bool still_looping = backed_off_ > 0 && since_last < window + longest_delay;
  if (!is_looping && !still_looping) {
    backed_off_ = 0;
    return std::chrono::milliseconds(0);
  }
  const auto delay = first_delay * (1u << std::min(backed_off_, 5u));
  ++backed_off_;
  return std::min<std::chrono::milliseconds>(delay, longest_delay);
}

}  // namespace pm::process
