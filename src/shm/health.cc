// SPDX-License-Identifier: MIT
#include "shm/health.h"

#include "core/random.h"

#include <algorithm>
#include <bit>
#include <new>

// A record is free (key 0), a grave (key 1), or of a server. It lies at its home (the low bits of its key) or at one of the
// `most_probes` behind it. To insert: the state is stored, then the key; to remove: the key alone. A reader who is overtaken
// by that may read the state of a record's next owner; the version has moved then, so that he looks again.

namespace pm::shm {
namespace {

constexpr std::uint32_t layout_version = 1;
constexpr std::uint32_t most_probes = 64;
constexpr std::uint64_t free_key = 0;
constexpr std::uint64_t grave = 1;

}  // namespace

struct Health::Head {
  HashKey key;
  std::uint64_t capacity;  // a power of two
  std::atomic<std::uint64_t> version;
  std::uint64_t unused[4];
};

struct Health::Record {
  std::atomic<std::uint64_t> key;
  std::atomic<std::uint64_t> state;
};

namespace {

ZoneShape shape(std::uint32_t capacity) noexcept {
  return {"health", layout_version, 64 + std::bit_ceil(capacity) * std::size_t{16}};
}

}  // namespace

Result<Health> Health::create(std::uint32_t capacity) {
  static_assert(sizeof(Head) == 64 && sizeof(Record) == 16);
  PM_TRY(Zone zone, Zone::create(shape(capacity)));
  HashKey key;
  fill_secret(&key, sizeof key);
  new (zone.data()) Head{key, std::bit_ceil(capacity), {1}, {}};
  return Health(std::move(zone));
}

Result<Health> Health::attach(int fd, std::uint32_t capacity) {
  PM_TRY(Zone zone, Zone::attach(fd, shape(capacity)));
  if (static_cast<const Head*>(zone.data())->capacity != std::bit_ceil(capacity))
    return Error{Errc::conflict, "zone health", "the table has another capacity"};
  return Health(std::move(zone));
}

Health::Head& Health::head() const noexcept {
  // Readers have the zone mapped read-only: only set() and keep_only() write through this.
  return *static_cast<Head*>(const_cast<void*>(zone_.data()));
}

std::span<Health::Record> Health::records() const noexcept {
  auto* first = reinterpret_cast<Record*>(reinterpret_cast<char*>(&head()) + sizeof(Head));
  return {first, head().capacity};
}

std::uint64_t Health::key(std::string_view service, std::string_view url) const noexcept {
  const std::uint64_t of_service = siphash(head().key, service);
  const HashKey key{head().key.k0 ^ of_service, head().key.k1};
  return std::max<std::uint64_t>(siphash(key, url), grave + 1);
}

std::uint64_t Health::version() const noexcept {
  return head().version.load(std::memory_order_acquire);
}

Health::Record* Health::find(std::uint64_t key) const noexcept {
  const std::span<Record> all = records();
  for (std::uint32_t probe = 0; probe < most_probes; ++probe) {
    Record& record = all[(key + probe) & (all.size() - 1)];
    const std::uint64_t found = record.key.load(std::memory_order_acquire);
    if (found == key) return &record;
    if (found == free_key) break;
  }
  return nullptr;
}

ServerState Health::state(std::uint64_t key) const noexcept {
  const Record* record = find(key);
  if (record == nullptr) return ServerState::unknown;
  const std::uint64_t state = record->state.load(std::memory_order_acquire);
  return state <= static_cast<std::uint64_t>(ServerState::down) ? static_cast<ServerState>(state)
                                                                : ServerState::unknown;
}

bool Health::is_writer() noexcept {
  if (epoch_ == 0) epoch_ = zone_.claim();
  return zone_.is_held_by(epoch_);
}

void Health::note_change() noexcept {
  head().version.fetch_add(1, std::memory_order_release);
}

bool Health::set(std::uint64_t key, ServerState state) noexcept {
  if (!is_writer()) return false;
  const auto word = static_cast<std::uint64_t>(state);
  if (Record* record = find(key)) {
    if (record->state.exchange(word, std::memory_order_acq_rel) != word) note_change();
    return true;
  }
  const std::span<Record> all = records();
  for (std::uint32_t probe = 0; probe < most_probes; ++probe) {
    Record& record = all[(key + probe) & (all.size() - 1)];
    if (record.key.load(std::memory_order_relaxed) > grave) continue;
    record.state.store(word, std::memory_order_relaxed);
    record.key.store(key, std::memory_order_release);
    note_change();
    return true;
  }
  return false;
}

void Health::keep_only(std::span<const std::uint64_t> sorted_keys) noexcept {
  // A table that nobody has written to is not worth the memory of looking through it.
  if (!is_writer() || version() == 1) return;
  bool changed = false;
  for (Record& record : records()) {
    const std::uint64_t key = record.key.load(std::memory_order_relaxed);
    if (key <= grave || std::binary_search(sorted_keys.begin(), sorted_keys.end(), key)) continue;
    record.key.store(grave, std::memory_order_release);
    changed = true;
  }
  if (changed) note_change();
}

}  // namespace pm::shm
