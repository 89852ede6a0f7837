// SPDX-License-Identifier: MIT
// tools.h -- what a worker lends to those who run in it: its loop, and the list of those who wait for somebody.
//
//   own     the worker owns it; it outlives every exchange
//   cost    a place in the list is taken and given back in O(1)
#pragma once

#include "net/jobs.h"
#include "net/loop.h"
#include "net/spill.h"

#include <cstdint>
#include <vector>

namespace pm::shm {
class Buckets;
class Counts;
}  // namespace pm::shm

namespace pm::http {

class Run;

// Runs that are held until somebody outside brings a verdict. A place is used again under another generation, so that a
// Resumer that comes too late finds nobody.
class Suspended {
 public:
  std::uint32_t add(Run& run);
  void remove(std::uint32_t place) noexcept;
  std::uint32_t generation(std::uint32_t place) const noexcept { return slots_[place].generation; }
  Run* find(std::uint32_t place, std::uint32_t generation) const noexcept {
    const Slot& slot = slots_[place];
    return slot.generation == generation ? slot.run : nullptr;
  }

 private:
  struct Slot {
    Run* run = nullptr;
    std::uint32_t generation = 0;
  };
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
};

struct WorkerTools {
  net::Loop* loop = nullptr;
  net::Jobs* jobs = nullptr;
  net::SpillFile* spill = nullptr;  // null: there is none
  // What all workers count together; null: there is no such memory, and nothing is counted.
  shm::Buckets* buckets = nullptr;
  shm::Counts* counts = nullptr;
  unsigned slot = 0;  // under which this worker counts there
  Suspended suspended;
};

}  // namespace pm::http
