// SPDX-License-Identifier: MIT
// slabs.h -- what each process has counted: a slab for each slot, written by the slot's process alone, read by the agent.
//
//   shape   a slab: how far it is filled, then series, one behind the other. A series says what it counts (a kind, two
//           words, three texts), then come its cells. Two slabs more than there are slots: the master's and the
//           agent's
//   walk    what a process has counted stays when it is gone: the slot's next holder finds the series and counts on in
//           them, so that no sum ever falls. Gauges of a dead process are set to zero by the master
//   in      kinds and what cells mean are the caller's (observe/metric.h)
//   own     values; a Slabs owns its zone, and cells live as long as it does
//   cost    add(): plain loads and stores, no atomic read-modify-write. A page becomes real when it is first touched
//   errors  append(): null, the slab is full or the texts are too long
//   source  decision 64; observability.md section 6
#pragma once

#include "shm/zone.h"

#include <atomic>
#include <cstdint>
#include <map>
#include <span>
#include <string_view>
#include <vector>

namespace pm::shm {

using Cell = std::atomic<std::uint64_t>;

// By the one process that writes it.
inline void add(Cell& cell, std::uint64_t amount) noexcept {
  cell.store(cell.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
}
inline void put(Cell& cell, std::uint64_t value) noexcept {
  cell.store(value, std::memory_order_relaxed);
}

struct SeriesId {
  static constexpr std::uint32_t gauge =
      0x8000;  // in `kind`: what it says is true of a living process only

  std::uint32_t kind = 0;  // never 0
  std::uint32_t labels = 0;
  std::uint32_t shape = 0;  // what the cells are: of two shapes they cannot be added
  std::string_view name{};
  std::string_view second{};
  std::string_view extra{};
  bool operator==(const SeriesId&) const = default;
};

struct Series {
  SeriesId id;
  std::span<const std::uint64_t> cells;
};

// Of one process.
class Slab {
 public:
  static constexpr std::size_t most_text = 4096;
  static constexpr std::uint32_t most_cells = 128;

  Cell* append(const SeriesId& id, std::uint32_t cells);  // all zero
  static SeriesId id_of(const Cell* cells) noexcept;      // its texts lie in the slab
  // Nobody sees it any more, and its place is for another of the size.
  void remove(Cell* cells);
  // What is there: visit(id, cells). The texts lie in the slab and last until the series is removed.
  template <class F>
  void for_each(F&& visit) noexcept {
    for (Record* record = first(); record != nullptr; record = next(record)) {
      if (is_there(record)) visit(id_of_record(record), cells_of(record));
    }
  }
  std::uint64_t used() const noexcept;  // bytes

 private:
  friend class Slabs;
  struct Head;
  struct Record;
  Slab(char* base, std::size_t size);
  Head& head() const noexcept { return *reinterpret_cast<Head*>(base_); }
  Record* at(std::uint64_t place) const noexcept;
  std::uint64_t end_of(const Record* record) const noexcept;
  Record* first() const noexcept { return at(0); }
  Record* next(const Record* record) const noexcept { return at(end_of(record)); }
  Record* take_free(std::uint32_t size);
  static bool is_there(const Record* record) noexcept;
  static SeriesId id_of_record(const Record* record) noexcept;
  static Cell* cells_of(Record* record) noexcept;

  char* base_;
  std::size_t size_;
  std::multimap<std::uint32_t, Record*> free_;  // places, by their size
};

class Slabs {
 public:
  static constexpr std::uint32_t default_size = 8 << 20;

  static Result<Slabs> create(unsigned slots, std::uint32_t slab_size = default_size);
  static Result<Slabs> attach(int fd, unsigned slots, std::uint32_t slab_size = default_size);

  Slab slab(unsigned slot);
  Slab of_master() { return slab(slots_); }
  Slab of_agent() { return slab(slots_ + 1); }
  unsigned slots() const noexcept { return slots_; }

  // Everything that is whole, slab by slab, in a copy that lasts for the call: visit(series).
  template <class F>
  void for_each(F&& visit) const {
    Copy copy;
    for (unsigned slot = 0; slot < slots_ + others; ++slot) {
      for (std::uint64_t at = 0; copy_next(slot, at, copy);) {
        if (copy.series.id.kind != 0) visit(std::as_const(copy.series));
      }
    }
  }
  void clear_gauges(unsigned slot);  // its process is gone

  Zone& zone() noexcept { return zone_; }

 private:
  static constexpr unsigned others = 2;  // behind those of the slots
  struct Copy {
    Series series;
    std::vector<std::uint64_t> cells;
    std::vector<char> text;
  };
  Slabs(Zone zone, unsigned slots, std::uint32_t slab_size) noexcept
      : zone_(std::move(zone)), slots_(slots), slab_size_(slab_size) {}
  // The series at `at`, which then moves on; a kind of 0: nothing whole was there. False: that was the last.
  bool copy_next(unsigned slot, std::uint64_t& at, Copy& copy) const;

  Zone zone_;
  unsigned slots_;
  std::uint32_t slab_size_;
};

}  // namespace pm::shm
