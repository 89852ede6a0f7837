// SPDX-License-Identifier: MIT
#include "shm/slabs.h"

#include "core/check.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <new>

// A slab: ┌──────┬─────────────────────────┬─────────────────────────┬─── ─ ─
//         │ Head │ Record │ cells │ texts  │ Record │ cells │ texts  │  zeros
//         └──────┴─────────────────────────┴─────────────────────────┴─── ─ ─
//
// A record is whole before `used` covers it, and its size never changes, so that a reader can always walk. When its place is
// given to another series, its kind is 0 meanwhile and `turns` has moved: a reader that copied in between sees that and
// passes it over. A writer that is killed meanwhile leaves a kind of 0, which the slot's next holder fills.

namespace pm::shm {
namespace {

constexpr std::uint32_t layout = 1;
constexpr std::size_t head_size = 64;
constexpr std::uint32_t step = 32;  // of sizes: places fit more often

constexpr bool is_size(std::uint32_t size, std::uint64_t room) noexcept {
  return size >= step && size % step == 0 && size <= room;
}

}  // namespace

struct Slab::Head {
  std::atomic<std::uint64_t> used;  // bytes behind the head
  std::uint64_t unused[7];
};

struct Slab::Record {
  std::atomic<std::uint32_t> kind;  // 0: nothing
  std::atomic<std::uint32_t> turns;
  std::uint32_t size;  // of all of it, in bytes
  std::uint32_t labels;
  std::uint32_t shape;
  std::uint16_t cells;
  std::uint16_t name;  // the texts' lengths
  std::uint16_t second;
  std::uint16_t extra;
  std::uint32_t unused;
};

Result<Slabs> Slabs::create(unsigned slots, std::uint32_t slab_size) {
  static_assert(sizeof(Slab::Head) == head_size && sizeof(Slab::Record) == step);
  PM_CHECK(slab_size % 64 == 0 && slab_size > head_size, "a slab has room for something");
  PM_TRY(Zone zone, Zone::create({"metrics", layout, std::size_t{slots + others} * slab_size}));
  return Slabs(std::move(zone), slots, slab_size);
}

Result<Slabs> Slabs::attach(int fd, unsigned slots, std::uint32_t slab_size) {
  PM_TRY(Zone zone, Zone::attach(fd, {"metrics", layout, std::size_t{slots + others} * slab_size}));
  return Slabs(std::move(zone), slots, slab_size);
}

Slab Slabs::slab(unsigned slot) {
  PM_CHECK(slot < slots_ + others, "every process has a slab");
  return Slab(static_cast<char*>(zone_.data()) + std::size_t{slot} * slab_size_, slab_size_);
}

// ---- the writer -------------------------------------------------------------------------------------------------------

std::uint64_t Slab::used() const noexcept {
  const std::uint64_t said = head().used.load(std::memory_order_acquire);
  return std::min<std::uint64_t>(said, size_ - head_size) / step * step;
}

// Null: there is none, or one that nobody has written so, behind which nobody can walk.
Slab::Record* Slab::at(std::uint64_t place) const noexcept {
  const std::uint64_t end = used();
  if (place + sizeof(Record) > end) return nullptr;
  auto* record = reinterpret_cast<Record*>(base_ + head_size + place);
  return is_size(record->size, end - place) ? record : nullptr;
}

std::uint64_t Slab::end_of(const Record* record) const noexcept {
  const auto place = static_cast<std::uint64_t>(reinterpret_cast<const char*>(record) - base_);
  return place - head_size + record->size;
}

// A record that says more than it has room for says nothing, and its place is free.
bool Slab::is_there(const Record* record) noexcept {
  const std::size_t text = std::size_t{record->name} + record->second + record->extra;
  return record->kind.load(std::memory_order_relaxed) != 0 &&
         record->cells * sizeof(Cell) + text <= record->size - sizeof(Record);
}

Cell* Slab::cells_of(Record* record) noexcept {
  return reinterpret_cast<Cell*>(record + 1);
}

SeriesId Slab::id_of(const Cell* cells) noexcept {
  return id_of_record(reinterpret_cast<const Record*>(cells) - 1);
}

SeriesId Slab::id_of_record(const Record* record) noexcept {
  const char* text = reinterpret_cast<const char*>(record + 1) + record->cells * sizeof(Cell);
  SeriesId id;
  id.kind = record->kind.load(std::memory_order_relaxed);
  id.labels = record->labels;
  id.shape = record->shape;
  id.name = {text, record->name};
  id.second = {text + record->name, record->second};
  id.extra = {text + record->name + record->second, record->extra};
  return id;
}

// What earlier holders have left is looked for here: the places of series that were removed, or half made.
Slab::Slab(char* base, std::size_t size) : base_(base), size_(size) {
  std::uint64_t said = head().used.load(std::memory_order_acquire);
  std::uint64_t whole = 0;
  for (Record* record = first(); record != nullptr; record = next(record)) {
    if (!is_there(record)) free_.emplace(record->size, record);
    whole = end_of(record);
  }
  // Damaged: what stands behind, and what would be put there, is seen by no reader.
  if (whole != said) head().used.compare_exchange_strong(said, whole);
}

Slab::Record* Slab::take_free(std::uint32_t size) {
  const auto found = free_.find(size);
  if (found == free_.end()) return nullptr;
  Record* record = found->second;
  free_.erase(found);
  return record;
}

Cell* Slab::append(const SeriesId& id, std::uint32_t cells) {
  const std::size_t text = id.name.size() + id.second.size() + id.extra.size();
  if (text > most_text || cells > most_cells) return nullptr;
  const auto size = static_cast<std::uint32_t>(
      (sizeof(Record) + cells * sizeof(Cell) + text + step - 1) / step * step);
  Record* record = take_free(size);
  const bool is_new = record == nullptr;
  const std::uint64_t end = used();
  if (is_new) {
    if (end + size > size_ - head_size) return nullptr;
    record = reinterpret_cast<Record*>(base_ + head_size + end);
  }
  record->turns.store(record->turns.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_release);
  record->size = size;
  record->labels = id.labels;
  record->shape = id.shape;
  record->cells = static_cast<std::uint16_t>(cells);
  record->name = static_cast<std::uint16_t>(id.name.size());
  record->second = static_cast<std::uint16_t>(id.second.size());
  record->extra = static_cast<std::uint16_t>(id.extra.size());
  Cell* first_cell = cells_of(record);
  for (std::uint32_t i = 0; i < cells; ++i)
    put(first_cell[i], 0);
  char* to = reinterpret_cast<char*>(first_cell + cells);
  for (const std::string_view one : {id.name, id.second, id.extra})
    to += one.copy(to, one.size());
  record->kind.store(id.kind, std::memory_order_release);
  if (is_new) head().used.store(end + size, std::memory_order_release);
  return first_cell;
}

void Slab::remove(Cell* cells) {
  Record* record = reinterpret_cast<Record*>(cells) - 1;
  record->kind.store(0, std::memory_order_release);
  free_.emplace(record->size, record);
}

void Slabs::clear_gauges(unsigned slot) {
  slab(slot).for_each([](const SeriesId& id, Cell* cells) {
    if ((id.kind & SeriesId::gauge) != 0) put(*cells, 0);
  });
}

// ---- the reader -------------------------------------------------------------------------------------------------------

bool Slabs::copy_next(unsigned slot, std::uint64_t& at, Copy& copy) const {
  const char* base =
      static_cast<const char*>(zone_.data()) + std::size_t{slot} * slab_size_ + head_size;
  const std::uint64_t used = std::min<std::uint64_t>(
      reinterpret_cast<const Slab::Head*>(base - head_size)->used.load(std::memory_order_acquire),
      slab_size_ - head_size);
  copy.series.id.kind = 0;
  if (at + sizeof(Slab::Record) > used) return false;
  const auto* record = reinterpret_cast<const Slab::Record*>(base + at);
  const std::uint32_t size = record->size;
  if (!is_size(size, used - at)) return false;  // nobody writes such a size
  at += size;

  const std::uint32_t kind = record->kind.load(std::memory_order_acquire);
  const std::uint32_t turns = record->turns.load(std::memory_order_acquire);
  SeriesId& id = copy.series.id;
  const std::size_t cells = record->cells;
  const std::size_t lengths[] = {record->name, record->second, record->extra};
  const std::size_t text = lengths[0] + lengths[1] + lengths[2];
  if (kind == 0 || cells * sizeof(Cell) + text > size - sizeof(Slab::Record)) return true;
  const auto* from = reinterpret_cast<const Cell*>(record + 1);
  copy.cells.resize(cells);
  for (std::size_t i = 0; i < cells; ++i)
    copy.cells[i] = from[i].load(std::memory_order_relaxed);
  copy.text.resize(text);
  if (text != 0) std::memcpy(copy.text.data(), from + cells, text);
  id.labels = record->labels;
  id.shape = record->shape;
  std::atomic_thread_fence(std::memory_order_acquire);
  if (record->kind.load(std::memory_order_relaxed) != kind ||
      record->turns.load(std::memory_order_relaxed) != turns)
    return true;  // its place was given to another meanwhile
  id.name = {copy.text.data(), lengths[0]};
  id.second = {copy.text.data() + lengths[0], lengths[1]};
  id.extra = {copy.text.data() + lengths[0] + lengths[1], lengths[2]};
  copy.series.cells = copy.cells;
  id.kind = kind;
  return true;
}

}  // namespace pm::shm
