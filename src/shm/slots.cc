// SPDX-License-Identifier: MIT
#include "shm/slots.h"

#include "core/check.h"

#include <algorithm>
#include <bit>
#include <cerrno>

#include <signal.h>

namespace pm::shm {
namespace {

constexpr unsigned least = 32;
constexpr unsigned pid_bits = 22;  // the kernel gives out no larger ones
constexpr unsigned start_bits = 26;
constexpr std::uint64_t pid_mask = (1u << pid_bits) - 1;
constexpr std::uint64_t start_mask = (1u << start_bits) - 1;

ZoneShape shape(unsigned capacity) noexcept {
  return {"slots", 1, capacity * sizeof(std::uint64_t)};
}

std::uint64_t packed(const Process& process, std::uint32_t generation) noexcept {
  return std::uint64_t{generation} << (pid_bits + start_bits) |
         (process.start & start_mask) << pid_bits |
         (static_cast<std::uint64_t>(process.pid) & pid_mask);
}

Holder unpacked(std::uint64_t word) noexcept {
  return {static_cast<pid_t>(word & pid_mask), word >> pid_bits & start_mask,
          static_cast<std::uint32_t>(word >> (pid_bits + start_bits))};
}

}  // namespace

bool Holder::is(const Process& process) const noexcept {
  return pid == process.pid && start == (process.start & start_mask);
}

unsigned Slots::capacity_for(unsigned workers) noexcept {
  return std::clamp(std::bit_ceil(std::min(workers, most) * 4), least, most);
}

Result<Slots> Slots::create(unsigned capacity) {
  PM_CHECK(std::has_single_bit(capacity) && capacity <= most, "capacity_for() said how many");
  PM_TRY(Zone zone, Zone::create(shape(capacity)));
  return Slots(std::move(zone), capacity);
}

Result<Slots> Slots::attach(int fd, unsigned capacity) {
  PM_TRY(Zone zone, Zone::attach(fd, shape(capacity)));
  return Slots(std::move(zone), capacity);
}

Slots::Word& Slots::word(unsigned slot) const noexcept {
  PM_CHECK(slot < capacity_, "a slot is one of those that there are");
  return static_cast<Word*>(const_cast<void*>(zone_.data()))[slot];
}

std::optional<unsigned> Slots::claim(const Process& self) noexcept {
  for (unsigned slot = 0; slot < capacity_; ++slot) {
    std::uint64_t seen = word(slot).load();
    const Holder before = unpacked(seen);
    if (before.pid != 0) continue;
    if (word(slot).compare_exchange_strong(seen, packed(self, before.generation + 1))) return slot;
  }
  return std::nullopt;
}

bool Slots::change(unsigned slot, const Process& from, const Process& to) noexcept {
  std::uint64_t seen = word(slot).load();
  const Holder before = unpacked(seen);
  if (!before.is(from)) return false;
  return word(slot).compare_exchange_strong(seen, packed(to, before.generation));
}

bool Slots::pass(unsigned slot, const Process& from, const Process& to) noexcept {
  return change(slot, from, to) || holder(slot).is(to);
}

bool Slots::take_back(unsigned slot, const Holder& from, const Process& self) noexcept {
  std::uint64_t seen = packed({from.pid, from.start}, from.generation);
  return word(slot).compare_exchange_strong(seen, packed(self, from.generation));
}

bool Slots::free(unsigned slot, const Process& self) noexcept {
  return change(slot, self, {});
}

Holder Slots::holder(unsigned slot) const noexcept {
  return unpacked(word(slot).load());
}

// Where /proc says nothing a process that can be signalled is taken for the one that was meant: a slot too few is better
// than one that two hold.
bool Slots::is_gone(const Holder& holder, const StartTime& start_time) {
  if (::kill(holder.pid, 0) != 0 && errno == ESRCH) return true;
  const std::optional<std::uint64_t> start = start_time(holder.pid);
  return start && (*start & start_mask) != holder.start;
}

}  // namespace pm::shm
