// SPDX-License-Identifier: MIT
// self_report.h -- once a second, what a worker says of itself: what it uses, and how many it serves.
//
//   in      the worker's state
//   out     series in its slab
//   own     a timer
//   cost    two system calls a second
//   source  decision 65; observability.md section 1.4
#pragma once

#include "net/timer.h"
#include "observe/process_meter.h"
#include "runtime/entry.h"
#include "upstream/pool_book.h"

namespace pm::runtime {

class SelfReport final : private net::Timer {
 public:
  SelfReport(WorkerState& state, const upstream::PoolBook& pools, const os::UsageReader& usage);
  ~SelfReport();
  void set_draining() noexcept;
  void report() noexcept;

 private:
  void on_timer() noexcept override;

  const WorkerState& state_;
  const upstream::PoolBook& pools_;
  const os::UsageReader& usage_;
  observe::ProcessMeter process_;
  shm::Cell* active_;
  shm::Cell* draining_;
  shm::Cell* open_;
  shm::Cell* lost_lines_;
  std::uint64_t lost_before_ = 0;
};

}  // namespace pm::runtime
