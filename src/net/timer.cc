// SPDX-License-Identifier: MIT
#include "net/timer.h"

#include <algorithm>

namespace pm::net {
namespace {

std::uint64_t tick_of(std::uint64_t deadline_ms) noexcept {
  return deadline_ms / Wheel::tick_ms + 1;
}

}  // namespace

void Wheel::arm(Timer& timer, std::uint64_t deadline_ms) noexcept {
  timer.deadline_ = std::max<std::uint64_t>(deadline_ms, 1);
  const std::uint64_t tick = tick_of(deadline_ms);
  if (timer.is_linked()) {
    if (timer.tick_ <= tick) return;  // the sweep of its slot will move it on
    timer.unlink();
  }
  link(timer, tick);
}

void Wheel::link(Timer& timer, std::uint64_t tick) noexcept {
  timer.tick_ =
      static_cast<std::uint32_t>(std::clamp(tick, done_tick_ + 1, done_tick_ + slots - 1));
  slots_[timer.tick_ % slots].push_back(timer);
}

void Wheel::advance(std::uint64_t now_ms) noexcept {
  const std::uint64_t now_tick = now_ms / tick_ms;
  // After a long sleep every slot is swept once; none is left out and none is swept twice.
  if (now_tick > done_tick_ + slots) done_tick_ = now_tick - slots;
  while (done_tick_ < now_tick) {
    const std::uint64_t tick = ++done_tick_;
    sweep(tick);
  }
}

bool Wheel::is_empty() const noexcept {
  return std::all_of(slots_.begin(), slots_.end(),
                     [](const List<Timer>& slot) { return slot.empty(); });
}

void Wheel::sweep(std::uint64_t tick) noexcept {
  List<Timer> due;
  due.take_all(slots_[tick % slots]);
  while (!due.empty()) {
    Timer& timer = due.pop_front();
    if (timer.deadline_ == 0) continue;
    if (tick_of(timer.deadline_) > tick) {
      link(timer, tick_of(timer.deadline_));
      continue;
    }
    timer.deadline_ = 0;
    timer.on_timer();
  }
}

}  // namespace pm::net
