// SPDX-License-Identifier: MIT
#include "shm/cursors.h"

#include "core/check.h"
#include "core/random.h"

#include <bit>
#include <new>

namespace pm::shm {

struct Cursors::Head {
  std::uint64_t salt;  // of the order of equals
  std::atomic<std::uint64_t> turned_away;
  std::uint64_t unused[6];
};

struct Cursors::Record {
  std::atomic<std::uint64_t> identity;  // 0: free
  std::atomic<std::uint64_t> turns;
};

namespace {

constexpr std::uint64_t most_probes = 64;
constexpr std::size_t head_size = 64;
constexpr std::size_t record_size = 16;

ZoneShape shape(std::uint32_t capacity) noexcept {
  return {"cursors", 1, head_size + capacity * record_size};
}

}  // namespace

Result<Cursors> Cursors::create(std::uint32_t capacity) {
  static_assert(sizeof(Head) == head_size && sizeof(Record) == record_size);
  PM_CHECK(std::has_single_bit(capacity), "the table's size is a power of two");
  PM_TRY(Zone zone, Zone::create(shape(capacity)));
  std::uint64_t salt = 0;
  fill_secret(&salt, sizeof salt);
  new (zone.data()) Head{salt, 0, {}};
  return Cursors(std::move(zone), capacity);
}

Result<Cursors> Cursors::attach(int fd, std::uint32_t capacity) {
  PM_TRY(Zone zone, Zone::attach(fd, shape(capacity)));
  return Cursors(std::move(zone), capacity);
}

Cursors::Head& Cursors::head() const noexcept {
  return *static_cast<Head*>(const_cast<void*>(zone_.data()));
}

Cursors::Record& Cursors::at(std::uint64_t position) const noexcept {
  auto* base = static_cast<char*>(const_cast<void*>(zone_.data())) + head_size;
  return reinterpret_cast<Record*>(base)[position & (capacity_ - 1)];
}

// A place never becomes free again, so the first free one is behind all that were taken before: two who look for the same
// identity at one time meet at the same place.
Cursor Cursors::find(std::uint64_t identity) noexcept {
  if (identity == 0) identity = 1;
  const std::uint64_t start = identity ^ head().salt;
  for (std::uint64_t probe = 0; probe < most_probes; ++probe) {
    Record& record = at(identity + probe);
    std::uint64_t seen = 0;
    if (record.identity.compare_exchange_strong(seen, identity) || seen == identity)
      return {&record.turns, start};
  }
  head().turned_away.fetch_add(1, std::memory_order_relaxed);
  return {nullptr, start};
}

std::uint64_t Cursors::turned_away() const noexcept {
  return head().turned_away.load(std::memory_order_relaxed);
}

}  // namespace pm::shm
