// SPDX-License-Identifier: MIT
// jobs.h -- work that takes too long for the loop, on libuv's pool of threads.
//
//   in      a Job; its work() runs on some thread, its done() on the loop afterwards
//   own     the Jobs own a Job from add() until done() has returned, whoever wanted it has gone by then or not
//   cost    two wake-ups a job; threads of the pool are nicer than the loop, so that traffic comes first
//   errors  try_add() refuses when as many as may wait are waiting; who bounds his own jobs uses add()
//   source  decisions 40 and 45
#pragma once

#include "net/loop.h"

#include <cstddef>
#include <memory>
#include <vector>

namespace pm::net {

class Job {
 public:
  virtual ~Job() = default;
  virtual void work() noexcept = 0;  // touches nothing that the loop may touch meanwhile
  virtual void done() noexcept = 0;
};

class Jobs {
 public:
  static constexpr std::size_t most_waiting = 256;
  explicit Jobs(Loop& loop) noexcept : loop_(&loop) {}
  ~Jobs();  // waits for those that run; those that wait are done without having been worked on
  Jobs(const Jobs&) = delete;
  Jobs& operator=(const Jobs&) = delete;

  void add(std::unique_ptr<Job> job) noexcept;
  bool try_add(std::unique_ptr<Job> job) noexcept;  // false: there are too many; the job is gone
  std::size_t waiting() const noexcept { return waiting_; }

 private:
  struct Request;
  Loop* loop_;
  std::vector<Request*> requests_;
  std::size_t waiting_ = 0;  // and running
};

}  // namespace pm::net
