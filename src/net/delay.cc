// SPDX-License-Identifier: MIT
#include "net/delay.h"

namespace pm::net {

void Delay::stop() noexcept {
  if (delays_ != nullptr) delays_->remove(*this);
}

Delays::~Delays() {
  for (Delay* delay : heap_)
    delay->delays_ = nullptr;
}

void Delays::put(std::size_t place, Delay* delay) noexcept {
  heap_[place] = delay;
  delay->place_ = place;
}

void Delays::rise(std::size_t place) noexcept {
  Delay* const delay = heap_[place];
  while (place > 0) {
    const std::size_t above = (place - 1) / 2;
    if (heap_[above]->due_ms_ <= delay->due_ms_) break;
    put(place, heap_[above]);
    place = above;
  }
  put(place, delay);
}

void Delays::sink(std::size_t place) noexcept {
  Delay* const delay = heap_[place];
  while (true) {
    std::size_t below = place * 2 + 1;
    if (below >= heap_.size()) break;
    if (below + 1 < heap_.size() && heap_[below + 1]->due_ms_ < heap_[below]->due_ms_) ++below;
    if (heap_[below]->due_ms_ >= delay->due_ms_) break;
    put(place, heap_[below]);
    place = below;
  }
  put(place, delay);
}

void Delays::set(Delay& delay, std::uint64_t due_ms) {
  delay.stop();
  delay.delays_ = this;
  delay.due_ms_ = due_ms;
  heap_.push_back(&delay);
  rise(heap_.size() - 1);
}

void Delays::remove(Delay& delay) noexcept {
  const std::size_t place = delay.place_;
  Delay* const last = heap_.back();
  heap_.pop_back();
  delay.delays_ = nullptr;
  if (last == &delay) return;
  put(place, last);
  rise(place);
  sink(last->place_);
}

void Delays::ring(std::uint64_t now_ms) noexcept {
  // As many as are there now: what is set meanwhile, due at once, must not keep the loop here.
  for (std::size_t left = heap_.size(); left > 0 && !heap_.empty(); --left) {
    Delay& first = *heap_.front();
    if (first.due_ms_ > now_ms) return;
    remove(first);
    first.on_delay();
  }
}

}  // namespace pm::net
