// SPDX-License-Identifier: MIT
// wait_queue.h -- who waits for a connection to one target: for a place under maxConnsPerHost, or for a dial that is under way and
// will have room for them.
//
//   in      dials that begin and end; how many exchanges a connection is expected to carry at once (1: none beside its own)
//   out     who is next, once there is something for them; those who fail with the dial that they waited for
//   own     nothing: a Waiter is its exchange's, and leaves before it ends
//   cost    O(1) for each who waits
//   source  http-services.md section 6
#pragma once

#include "core/list.h"
#include "http/outcome.h"

#include <cstdint>

namespace pm::upstream {

class WaitQueue;

// Somebody for whom there is no connection yet. Each call comes once, in a turn of its own, and has taken it out of the queue.
struct WaitTag;
class Waiter : public ListNode<WaitTag> {
 public:
  virtual void on_turn_to_connect() noexcept = 0;
  virtual void on_dial_failed(http::Outcome outcome) noexcept = 0;  // that it waited for
  void tell_failure() noexcept { on_dial_failed(outcome_); }
  void leave_queue() noexcept;
  bool waits_for_dial() const noexcept;

 protected:
  ~Waiter() = default;

 private:
  friend class WaitQueue;
  WaitQueue* queue_ = nullptr;
  bool rides_ = false;  // it has joined for the sake of a dial under way
  http::Outcome outcome_ = http::Outcome::refused;  // of that dial
};

using Waiters = List<Waiter, WaitTag>;

class WaitQueue {
 public:
  bool empty() const noexcept { return waiting_.empty(); }
  std::uint32_t size() const noexcept { return size_; }
  // A dial under way will have room for one more.
  bool has_seat() const noexcept { return riders_ < seats(); }
  // The first has nothing to wait for if another connection may be opened.
  bool needs_dial() const noexcept { return !waiting_.front().rides_ || riders_ > seats(); }
  bool has_dials() const noexcept { return dials_ > 0; }
  void join(Waiter& waiter) noexcept;
  Waiter& pop() noexcept;

  std::uint32_t expected() const noexcept { return room_; }
  void expect(std::uint32_t room) noexcept { room_ = room > 0 ? room : 1; }
  void dial_began() noexcept { ++dials_; }
  void dial_ended() noexcept { --dials_; }
  // Behind dial_ended(): those whom the dials that are left have no room for.
  void move_stranded(Waiters& to, http::Outcome outcome) noexcept;

 private:
  friend class Waiter;
  void take_out(Waiter& waiter) noexcept;
  // Whoever dials takes the first place.
  std::uint64_t seats() const noexcept { return std::uint64_t{dials_} * (room_ - 1); }

  Waiters waiting_;
  std::uint32_t size_ = 0;
  std::uint32_t riders_ = 0;
  std::uint32_t dials_ = 0;
  std::uint32_t room_ = 1;
};

}  // namespace pm::upstream
