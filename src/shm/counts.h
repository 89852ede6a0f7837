// SPDX-License-Identifier: MIT
// counts.h -- how many of a kind are under way in all processes together; what one holds is given back when it dies.
//
//   shape   a record has a key and a cell for each slot; each process writes the cells of its own slot only. Records lie in
//           groups of eight, whose keys share a cache line
//   in      key: key_of() of the limit's identity and the source; the caller's slot; how many there may be
//   out     a place that leave() gives back, or none: there are enough already. Never more than `amount`, whoever is killed
//           when; two who come at one time for the last place may both be sent away
//   own     values; a Counts owns its zone
//   cost    enter: two lines of keys, the cells of one record. clear: a look at every key, for the master
//   errors  no room: all sixteen records that the key may take are in use by others. It passes uncounted, and that is counted
//   source  decision 57
#pragma once

#include "core/hash.h"
#include "shm/zone.h"

#include <array>
#include <atomic>
#include <optional>
#include <string_view>

namespace pm::shm {

class Counts {
 public:
  static constexpr std::uint32_t default_capacity = 65536;

  static Result<Counts> create(unsigned slots, std::uint32_t capacity = default_capacity);
  static Result<Counts> attach(int fd, unsigned slots, std::uint32_t capacity = default_capacity);

  std::uint64_t key_of(std::uint64_t identity, std::string_view source) const noexcept;

  // What has entered; plain bytes, 0 when there is nothing to give back.
  struct Place {
    std::uint32_t number = 0;
  };
  std::optional<Place> enter(std::uint64_t key, unsigned slot, std::uint64_t amount) noexcept;
  void leave(Place place, unsigned slot) noexcept;
  void clear(unsigned slot) noexcept;  // everything that the slot's process held: it is gone

  std::uint64_t count(std::uint64_t key) const noexcept;
  std::uint64_t total() const noexcept;             // of all keys; looks at every record
  std::uint64_t passed_uncounted() const noexcept;  // for want of room

  Zone& zone() noexcept { return zone_; }

 private:
  using Word = std::atomic<std::uint64_t>;
  using Cell = std::atomic<std::uint32_t>;
  using Places = std::array<std::uint32_t, 16>;  // the records that a key may take
  struct Head;
  Counts(Zone zone, unsigned slots, std::uint32_t capacity) noexcept
      : zone_(std::move(zone)), slots_(slots), capacity_(capacity) {}

  Head& head() const noexcept;
  Word& word_of(std::uint32_t record) const noexcept;
  Cell* cells_of(std::uint32_t record) const noexcept;
  Places places_of(std::uint64_t key) const noexcept;
  std::uint64_t sum(std::uint32_t record) const noexcept;
  std::optional<std::uint32_t> find(std::uint64_t key) noexcept;
  std::optional<std::uint32_t> find_room(std::uint64_t key) noexcept;
  bool take_over(std::uint32_t record, std::uint64_t key) noexcept;

  Zone zone_;
  unsigned slots_;
  std::uint32_t capacity_;
};

}  // namespace pm::shm
