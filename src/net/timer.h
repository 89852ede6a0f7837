// SPDX-License-Identifier: MIT
// timer.h -- the coarse wheel for time-outs: hundreds of thousands of deadlines that are moved often and fire seldom.
//
//   shape   milliseconds of the monotonic clock; a timer fires at its deadline or up to 100 ms later, never earlier
//   own     the wheel borrows its timers; a Timer takes itself out when it dies
//   cost    O(1): a deadline moved to later is one store, to earlier a relink; expired slots are swept every 100 ms
//   source  decision 46; performance-notes.md section 3, "Timers"
#pragma once

#include "core/list.h"

#include <array>
#include <cstdint>

namespace pm::net {

class Wheel;

class Timer : public ListNode<Timer> {
 public:
  Timer() noexcept = default;
  virtual ~Timer() { unlink(); }
  bool is_armed() const noexcept { return deadline_ != 0; }
  std::uint64_t deadline() const noexcept { return deadline_; }  // 0: not armed

 protected:
  // Called by the wheel once the deadline has passed; the timer is not armed then, and may arm itself anew or be destroyed.
  virtual void on_timer() noexcept = 0;

 private:
  friend class Wheel;
  std::uint64_t deadline_ = 0;
  // The slot it lies in: never later than its deadline, unless that was moved to later. Good for 13 years of uptime.
  std::uint32_t tick_ = 0;
};

class Wheel {
 public:
  static constexpr std::uint64_t tick_ms = 100;
  explicit Wheel(std::uint64_t now_ms) noexcept : done_tick_(now_ms / tick_ms) {}

  void arm(Timer& timer, std::uint64_t deadline_ms) noexcept;
  void disarm(Timer& timer) noexcept {
    timer.deadline_ = 0;
  }  // stays linked until its slot is swept
  // Fires what is due. Timers armed meanwhile wait for a later call.
  void advance(std::uint64_t now_ms) noexcept;
  bool is_empty() const noexcept;  // looks at every slot: not for the hot path

 private:
  static constexpr std::size_t slots =
      1024;  // one turn of the wheel is 102 s; later deadlines go round again
  void link(Timer& timer, std::uint64_t tick) noexcept;
  void sweep(std::uint64_t tick) noexcept;

  std::array<List<Timer>, slots> slots_;
  std::uint64_t done_tick_;  // every slot up to this one was swept
};

}  // namespace pm::net
