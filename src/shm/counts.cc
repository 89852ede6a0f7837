// SPDX-License-Identifier: MIT
#include "shm/counts.h"

#include "core/check.h"
#include "core/random.h"

#include <algorithm>
#include <bit>
#include <new>
#include <numeric>

// The zone, from its beginning:
//
//   ┌──────┬─────────────────────┬──────────────────────────────────┐
//   │ Head │ words: one a record │ cells: one a record and slot     │
//   └──────┴─────────────────────┴──────────────────────────────────┘
//
// A word is {48 bits of the key, 15 bits of a version, closing}, and the version grows with every change of the word.
//
// Entering: raise my cell, then look at the word: is the record still the key's, and open? Then add up. All of it in one
// order for all processes (sequentially consistent): of two who come for the last place, whoever raised later sees both.
//
// Taking over a record that nobody is in: mark it closing, add up its cells, then change the key. Whoever raised before the
// mark is seen in the sum; whoever raises after it sees the mark, or the other key. A record that is left closing (its
// taker found somebody in it, or was killed) still says whose it is: the next who looks for that key opens it again.
//
// Two who insert one key at once leave it in two records: what is added up are all records of the key.

namespace pm::shm {

struct Counts::Head {
  HashKey key;
  std::atomic<std::uint64_t> passed_uncounted;
  std::uint64_t unused[5];
};

namespace {

constexpr std::size_t head_size = 64;
constexpr std::uint32_t group_size = 8;
constexpr int most_rounds = 64;
constexpr std::uint64_t closing = 1;
constexpr unsigned tag_shift = 16;

constexpr bool is_of(std::uint64_t word, std::uint64_t key) noexcept {
  return word >> tag_shift == key >> tag_shift;
}
// The same tag, or that of `key`, under the next version.
constexpr std::uint64_t next_word(std::uint64_t word, std::uint64_t key) noexcept {
  const std::uint64_t version = ((word >> 1) + 1) & 0x7fff;
  return key >> tag_shift << tag_shift | version << 1;
}

ZoneShape shape(unsigned slots, std::uint32_t capacity) noexcept {
  const std::size_t record = sizeof(std::uint64_t) + slots * sizeof(std::uint32_t);
  return {"counts", 1, head_size + capacity * record};
}

}  // namespace

Result<Counts> Counts::create(unsigned slots, std::uint32_t capacity) {
  static_assert(sizeof(Head) == head_size);
  PM_CHECK(std::has_single_bit(capacity) && capacity >= 2 * group_size,
           "the table's size is a power of two");
  PM_TRY(Zone zone, Zone::create(shape(slots, capacity)));
  HashKey key;
  fill_secret(&key, sizeof key);
  new (zone.data()) Head{key, 0, {}};
  return Counts(std::move(zone), slots, capacity);
}

Result<Counts> Counts::attach(int fd, unsigned slots, std::uint32_t capacity) {
  PM_TRY(Zone zone, Zone::attach(fd, shape(slots, capacity)));
  return Counts(std::move(zone), slots, capacity);
}

Counts::Head& Counts::head() const noexcept {
  return *static_cast<Head*>(const_cast<void*>(zone_.data()));
}

Counts::Word& Counts::word_of(std::uint32_t record) const noexcept {
  auto* base = static_cast<char*>(const_cast<void*>(zone_.data())) + head_size;
  return reinterpret_cast<Word*>(base)[record];
}

Counts::Cell* Counts::cells_of(std::uint32_t record) const noexcept {
  auto* cells = reinterpret_cast<Cell*>(&word_of(0) + capacity_);
  return cells + std::size_t{record} * slots_;
}

// Two groups: one by the low bits of the key, one by others.
Counts::Places Counts::places_of(std::uint64_t key) const noexcept {
  const std::uint64_t mask = capacity_ / group_size - 1;
  const std::uint64_t first = key & mask;
  std::uint64_t second = key >> 40 & mask;
  if (second == first) second = first ^ 1;
  Places places;
  for (std::uint32_t i = 0; i < group_size; ++i) {
    places[i] = static_cast<std::uint32_t>(first * group_size + i);
    places[group_size + i] = static_cast<std::uint32_t>(second * group_size + i);
  }
  return places;
}

std::uint64_t Counts::key_of(std::uint64_t identity, std::string_view source) const noexcept {
  const HashKey& secret = head().key;
  const std::uint64_t hash = siphash({secret.k0 ^ identity, secret.k1}, source);
  return hash >> tag_shift == 0 ? hash | std::uint64_t{1} << tag_shift : hash;
}

std::uint64_t Counts::sum(std::uint32_t record) const noexcept {
  const Cell* const cells = cells_of(record);
  return std::accumulate(cells, cells + slots_, std::uint64_t{0},
                         [](std::uint64_t sum, const Cell& cell) { return sum + cell.load(); });
}

std::uint64_t Counts::count(std::uint64_t key) const noexcept {
  std::uint64_t all = 0;
  for (const std::uint32_t record : places_of(key)) {
    if (is_of(word_of(record).load(), key)) all += sum(record);
  }
  return all;
}

std::optional<std::uint32_t> Counts::find(std::uint64_t key) noexcept {
  for (const std::uint32_t record : places_of(key)) {
    Word& word = word_of(record);
    std::uint64_t seen = word.load();
    if (!is_of(seen, key)) continue;
    if ((seen & closing) == 0 || word.compare_exchange_strong(seen, next_word(seen, key)))
      return record;
  }
  return std::nullopt;
}

bool Counts::take_over(std::uint32_t record, std::uint64_t key) noexcept {
  Word& word = word_of(record);
  std::uint64_t seen = word.load();
  if (sum(record) != 0) return false;
  const std::uint64_t marked = next_word(seen, seen) | closing;
  if (!word.compare_exchange_strong(seen, marked)) return false;
  std::uint64_t expected = marked;
  if (sum(record) == 0) return word.compare_exchange_strong(expected, next_word(marked, key));
  word.compare_exchange_strong(expected, next_word(marked, marked));
  return false;
}

std::optional<std::uint32_t> Counts::find_room(std::uint64_t key) noexcept {
  const Places places = places_of(key);
  for (const std::uint32_t record : places) {
    std::uint64_t never_used = 0;
    if (word_of(record).compare_exchange_strong(never_used, next_word(0, key))) return record;
  }
  for (const std::uint32_t record : places) {
    if (take_over(record, key)) return record;
  }
  return std::nullopt;
}

std::optional<Counts::Place> Counts::enter(std::uint64_t key, unsigned slot,
                                           std::uint64_t amount) noexcept {
  if (amount == 0) return std::nullopt;
  for (int round = 0; round < most_rounds; ++round) {
    std::optional<std::uint32_t> record = find(key);
    if (!record) record = find_room(key);
    if (!record) continue;
    Cell& mine = cells_of(*record)[slot];
    mine.fetch_add(1);
    const std::uint64_t word = word_of(*record).load();
    const bool is_still_its = is_of(word, key) && (word & closing) == 0;
    if (is_still_its && count(key) <= amount) return Place{*record + 1};
    mine.fetch_sub(1);
    if (is_still_its) return std::nullopt;
  }
  head().passed_uncounted.fetch_add(1, std::memory_order_relaxed);
  return Place{};
}

void Counts::leave(Place place, unsigned slot) noexcept {
  if (place.number != 0) cells_of(place.number - 1)[slot].fetch_sub(1);
}

void Counts::clear(unsigned slot) noexcept {
  for (std::uint32_t record = 0; record < capacity_; ++record) {
    if (word_of(record).load(std::memory_order_relaxed) == 0) continue;
    Cell& cell = cells_of(record)[slot];
    if (cell.load() != 0) cell.store(0);
  }
}

std::uint64_t Counts::total() const noexcept {
  std::uint64_t all = 0;
  for (std::uint32_t record = 0; record < capacity_; ++record) {
    if (word_of(record).load() != 0) all += sum(record);
  }
  return all;
}

std::uint64_t Counts::passed_uncounted() const noexcept {
  return head().passed_uncounted.load(std::memory_order_relaxed);
}

}  // namespace pm::shm
