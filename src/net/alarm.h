// SPDX-License-Identifier: MIT
// alarm.h -- one moment in the future, to the millisecond, on libuv's loop.
//
//   in      a delay and what to do then; arming anew moves the moment
//   own     a libuv timer, which libuv gives back in a later turn: an Alarm may die inside its own ring
//   cost    a heap entry in libuv. For time-outs that are moved with every byte there is the wheel (net/timer.h)
//   source  decision 46
#pragma once

#include <chrono>
#include <functional>

struct uv_loop_s;

namespace pm::net {

class Alarm {
 public:
  Alarm(uv_loop_s* loop, std::function<void()> ring);
  ~Alarm();
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

  void arm(std::chrono::milliseconds after) noexcept;
  void disarm() noexcept;

 private:
  struct Handle;
  Handle* handle_;
};

}  // namespace pm::net
