// SPDX-License-Identifier: MIT
#include "upstream/wait_queue.h"

namespace pm::upstream {

void Waiter::leave_queue() noexcept {
  if (queue_ != nullptr) return queue_->take_out(*this);
  ListNode<WaitTag>::unlink();
}

bool Waiter::waits_for_dial() const noexcept {
  return queue_ != nullptr && rides_ && queue_->has_dials();
}

void WaitQueue::join(Waiter& waiter) noexcept {
  waiter.rides_ = has_seat();
  waiter.queue_ = this;
  waiting_.push_back(waiter);
  ++size_;
  riders_ += waiter.rides_ ? 1 : 0;
}

void WaitQueue::take_out(Waiter& waiter) noexcept {
  waiter.ListNode<WaitTag>::unlink();
  waiter.queue_ = nullptr;
  --size_;
  riders_ -= waiter.rides_ ? 1 : 0;
}

Waiter& WaitQueue::pop() noexcept {
  Waiter& waiter = waiting_.front();
  take_out(waiter);
  return waiter;
}

void WaitQueue::move_stranded(Waiters& to, http::Outcome outcome) noexcept {
  if (riders_ <= seats()) return;
  waiting_.for_each([this, &to, outcome](Waiter& waiter) {
    if (!waiter.rides_ || riders_ <= seats()) return;
    take_out(waiter);
    waiter.outcome_ = outcome;
    to.push_back(waiter);
  });
}

}  // namespace pm::upstream
