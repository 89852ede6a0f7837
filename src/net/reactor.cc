// SPDX-License-Identifier: MIT
#include "net/reactor.h"

#include <utility>

namespace pm::net {
namespace {

constexpr int passes = 4;  // then libuv gets its turn: timers, signals, the control channel

}  // namespace

Reactor::~Reactor() {
  while (!ready_.empty())
    ready_.pop_front();
  free_dead();
}

void Reactor::retire(Watch* watch) noexcept {
  static_cast<ListNode<ReadyTag>*>(watch)->unlink();
  retire(static_cast<Mortal*>(watch));
}

void Reactor::retire(Mortal* object) noexcept {
  if (object->is_dead_) return;
  object->is_dead_ = true;
  dead_.push_back(*object);
}

void Reactor::wait(int timeout_ms) noexcept {
  count_ = kernel_->wait(events_, timeout_ms);
  has_waited_ = true;
}

bool Reactor::turn() noexcept {
  ++turns_;
  for (int pass = 0; pass < passes; ++pass) {
    if (!has_waited_) wait(0);
    has_waited_ = false;
    const int count = count_;
    for (int i = 0; i < count; ++i) {
      Watch* watch = events_[i].watch;
      if (!watch->is_dead_) watch->on_event(events_[i]);
    }
    if (ready_.empty()) break;
    is_busy_ = count > 1;
    run_ready();
    is_busy_ = false;
    end_pass();
    // A batch that was not full and left nothing queued: the next events end a sleep.
    if (count < static_cast<int>(batch) && ready_.empty()) break;
  }
  free_dead();
  return !ready_.empty();
}

void Reactor::run_ready() noexcept {
  List<Watch, ReadyTag> now;
  now.take_all(ready_);
  while (!now.empty())
    now.pop_front().on_turn();
}

void Reactor::end_pass() noexcept {
  const std::size_t count = std::exchange(late_count_, 0);
  for (std::size_t i = 0; i < count; ++i)
    late_[i]->on_pass_end();
}

void Reactor::free_dead() noexcept {
  while (!dead_.empty())
    delete &dead_.pop_front();
}

}  // namespace pm::net
