// SPDX-License-Identifier: MIT
#include "net/reactor.h"

#include <array>

namespace pm::net {
namespace {

constexpr std::size_t batch = 512;  // events of one wait
constexpr int passes =
    4;  // then the outer loop gets its turn: timers, signals, the control channel

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

bool Reactor::turn() noexcept {
  ++turns_;
  std::array<Event, batch> events;
  for (int pass = 0; pass < passes; ++pass) {
    const int count = kernel_->wait(events);
    for (int i = 0; i < count; ++i) {
      Watch* watch = events[i].watch;
      if (!watch->is_dead_) watch->on_event(events[i]);
    }
    if (ready_.empty()) break;
    run_ready();
    // A batch that was not full and left nothing queued: the next events wake the outer loop.
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

void Reactor::free_dead() noexcept {
  while (!dead_.empty())
    delete &dead_.pop_front();
}

}  // namespace pm::net
