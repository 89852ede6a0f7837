// SPDX-License-Identifier: MIT
// slots.h -- which process holds which of the daemon's numbers: what it counts in shared memory is filed under that number.
//
//   shape   one word a slot: {16 bits generation, 26 bits of the start time, 22 bits pid}. A pid of 0: free. The start time
//           tells a process from a later one that got its pid; the generation grows with each claim
//   walk    a master claims a slot as its own, forks, and passes it to the child. When the child is gone the master takes the
//           slot back as its own, clears what the dead one has left there, and frees it. A master that dies in between leaves
//           a slot of a dead holder, and whoever looks for those does the same once more
//   in      Process: a pid with its start time in clock ticks after boot (os::start_time)
//   own     values; a Slots owns its zone
//   cost    claim: a look at each slot. Every change is one compare-and-swap: two masters live side by side in an upgrade
//   errors  claim(): none is free. The others say false when the slot is not held by whom the caller believed
//   source  decision 58
#pragma once

#include "shm/zone.h"

#include <atomic>
#include <functional>
#include <optional>

#include <sys/types.h>

namespace pm::shm {

struct Process {
  pid_t pid = 0;
  std::uint64_t start = 0;
};

struct Holder {
  pid_t pid = 0;                 // 0: nobody
  std::uint64_t start = 0;       // its low 26 bits
  std::uint32_t generation = 0;  // its low 16 bits: the how many-th claim of this slot
  bool is(const Process& process) const noexcept;
};

class Slots {
 public:
  static constexpr unsigned most = 256;
  static unsigned capacity_for(
      unsigned workers) noexcept;  // a power of two, at least four times as many

  static Result<Slots> create(unsigned capacity);
  static Result<Slots> attach(int fd, unsigned capacity);

  // The lowest free slot from now on is `self`'s.
  std::optional<unsigned> claim(const Process& self) noexcept;
  // From the master that has claimed it to the child that it was claimed for; by either of the two, and by both.
  bool pass(unsigned slot, const Process& from, const Process& to) noexcept;
  // The slot of a process that is gone becomes the caller's, who clears what was left there and then frees it.
  bool take_back(unsigned slot, const Holder& from, const Process& self) noexcept;
  bool free(unsigned slot, const Process& self) noexcept;

  Holder holder(unsigned slot) const noexcept;
  unsigned capacity() const noexcept { return capacity_; }

  // Nothing: such a process is not there, or nobody can tell.
  using StartTime = std::function<std::optional<std::uint64_t>(pid_t)>;
  template <class F>
  void for_each_dead(const StartTime& start_time, F&& visit) const {
    for (unsigned slot = 0; slot < capacity_; ++slot) {
      const Holder found = holder(slot);
      if (found.pid != 0 && is_gone(found, start_time)) visit(slot, found);
    }
  }

  Zone& zone() noexcept { return zone_; }

 private:
  using Word = std::atomic<std::uint64_t>;
  Slots(Zone zone, unsigned capacity) noexcept : zone_(std::move(zone)), capacity_(capacity) {}
  Word& word(unsigned slot) const noexcept;
  bool change(unsigned slot, const Process& from, const Process& to) noexcept;
  static bool is_gone(const Holder& holder, const StartTime& start_time);

  Zone zone_;
  unsigned capacity_;
};

}  // namespace pm::shm
