// SPDX-License-Identifier: MIT
// master_meter.h -- what the master reports: reloads, and what it uses itself.
//
//   in      outcomes of loads; about once a second a call
//   out     series in the master's slab, which the next program of an upgrade goes on with
//   own     cells; one master at a time writes them, the one that serves
//   source  observability.md sections 1.2 and 1.4, decision 65
#pragma once

#include "observe/process_meter.h"

#include <chrono>
#include <ctime>

namespace pm::process {

class MasterMeter {
 public:
  using Clock = std::chrono::steady_clock;
  explicit MasterMeter(shm::Slab slab);

  // A configuration is in force: the one of the start (`took` of 0), or of a reload.
  void on_load(std::chrono::nanoseconds took, std::time_t now) noexcept;
  void on_unchanged() noexcept { note_failure(0); }  // what was read is what is in force
  void on_refusal() noexcept { note_failure(1); }
  void report(Clock::time_point now);
  Clock::time_point due() const noexcept { return due_; }

 private:
  void note_failure(std::uint64_t failed) noexcept;

  observe::SeriesBook book_;
  os::UsageReader usage_;
  observe::ProcessMeter process_;
  shm::Cell* reloads_;
  Clock::time_point due_{};
};

}  // namespace pm::process
