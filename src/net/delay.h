// SPDX-License-Identifier: MIT
// delay.h -- precise deadlines for a few on the worker's loop: holds, back-off, and "as soon as the stack is empty".
//
//   shape   milliseconds of the monotonic clock; rings at its deadline, late only by what the loop is busy with
//   own     the Delays borrow their entries; an Delay takes itself out when it dies
//   cost    O(log n) to set and to stop; time-outs that are moved often and ring seldom belong on the wheel (timer.h)
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace pm::net {

class Delays;

class Delay {
 public:
  Delay() noexcept = default;
  virtual ~Delay() { stop(); }
  Delay(const Delay&) = delete;
  Delay& operator=(const Delay&) = delete;
  bool is_set() const noexcept { return delays_ != nullptr; }
  void stop() noexcept;

 protected:
  // Not set any more; may be set anew, or destroyed.
  virtual void on_delay() noexcept = 0;

 private:
  friend class Delays;
  Delays* delays_ = nullptr;
  std::size_t place_ = 0;  // in the heap
  std::uint64_t due_ms_ = 0;
};

class Delays {
 public:
  ~Delays();
  void set(Delay& delay, std::uint64_t due_ms);
  void ring(
      std::uint64_t
          now_ms) noexcept;  // those that are due now; those set meanwhile wait for a later call
  std::uint64_t next_ms() const noexcept {
    return heap_.empty() ? 0 : heap_.front()->due_ms_;
  }  // 0: none

 private:
  friend class Delay;
  void remove(Delay& delay) noexcept;
  void put(std::size_t place, Delay* delay) noexcept;
  void rise(std::size_t place) noexcept;
  void sink(std::size_t place) noexcept;

  std::vector<Delay*> heap_;  // earliest in front
};

}  // namespace pm::net
