// SPDX-License-Identifier: MIT
// cursors.h -- where the turns of a balancer are counted, so that all workers take them from one row.
//
//   shape   a table of {identity, turns taken}, found by the identity's hash; a place is taken for ever
//   in      identity: 64 bits, the same in all workers and after a reload: of what the balancer belongs to, not of its weights
//   out     the word to count in, and where the order of equals begins: the same in all workers, another on each box
//   own     values; a Cursors owns its zone, and words live as long as it does
//   cost    find(): at most 64 places looked at, when a balancer is built. A turn is one fetch_add on the word
//   errors  a full table has no word: the balancer counts for itself, and that is counted
//   source  decision 60
#pragma once

#include "shm/zone.h"

#include <atomic>

namespace pm::shm {

struct Cursor {
  std::atomic<std::uint64_t>* turns = nullptr;  // null: there was no place
  std::uint64_t start = 0;
};

class Cursors {
 public:
  static constexpr std::uint32_t default_capacity = 16384;

  static Result<Cursors> create(std::uint32_t capacity = default_capacity);  // a power of two
  static Result<Cursors> attach(int fd, std::uint32_t capacity = default_capacity);

  // Any thread of any process, at any time.
  Cursor find(std::uint64_t identity) noexcept;
  std::uint64_t turned_away() const noexcept;  // how often there was no place

  Zone& zone() noexcept { return zone_; }

 private:
  struct Head;
  struct Record;
  Cursors(Zone zone, std::uint32_t capacity) noexcept
      : zone_(std::move(zone)), capacity_(capacity) {}
  Head& head() const noexcept;
  Record& at(std::uint64_t position) const noexcept;

  Zone zone_;
  std::uint32_t capacity_;
};

}  // namespace pm::shm
