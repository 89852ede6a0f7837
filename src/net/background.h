// SPDX-License-Identifier: MIT
// background.h -- one long piece of work at a time, on a thread of its own that ends with it.
//
//   in      work() for the thread, done() for the loop afterwards
//   own     the thread and the handle that wakes the loop. Destroying waits for work that runs; its done() is not called
//   cost    a thread each time: for what happens once a reload. The thread is nicer than the loop
//   errors  no thread can be made: the work is done on the loop
//   source  decisions 40 and 41
#pragma once

#include "net/loop.h"

#include <functional>

namespace pm::net {

class Background {
 public:
  explicit Background(Loop& loop);
  ~Background();
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

  // Only while nothing runs. `work` touches nothing that the loop may touch meanwhile.
  void run(std::function<void()> work, std::function<void()> done);
  bool is_running() const noexcept;

 private:
  struct Thread;
  Loop* loop_;
  Thread* thread_;  // freed by libuv's close callback
};

}  // namespace pm::net
