// SPDX-License-Identifier: MIT
// process_meter.h -- what a process reports of itself: processor time, memory, descriptors.
//
//   in      readings, about one a second
//   out     series in its slab. Processor time is added up over all processes that ever had the slab
//   own     cells; the book is its owner's
//   source  decision 65; observability.md section 1.2
#pragma once

#include "observe/series_book.h"
#include "os/usage.h"

namespace pm::observe {

class ProcessMeter {
 public:
  // `worker`: its index, "" of another process.
  ProcessMeter(SeriesBook& book, std::string_view worker);
  void report(const os::Usage& usage, std::uint64_t descriptors,
              std::uint64_t most_descriptors) noexcept;

 private:
  shm::Cell* cpu_;
  shm::Cell* worker_cpu_ = nullptr;
  shm::Cell* memory_;
  shm::Cell* addresses_;
  shm::Cell* descriptors_;
  shm::Cell* most_descriptors_;
  std::uint64_t last_cpu_ns_ = 0;
};

}  // namespace pm::observe
