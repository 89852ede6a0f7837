// SPDX-License-Identifier: MIT
#include "observe/series_book.h"

#include "core/random.h"

#include <algorithm>
#include <optional>

namespace pm::observe {
namespace {

HashKey secret_key() noexcept {
  HashKey key;
  fill_secret(&key, sizeof key);
  return key;
}

// Whose name of the configuration a series bears; nobody's stay.
std::optional<Family> named_by(std::uint32_t kind) noexcept {
  for (const std::uint32_t first : {kind::requests, kind::tls, kind::by_header}) {
    if (kind >= first && kind < first + family_count) return static_cast<Family>(kind - first);
  }
  if (kind == kind::retries || kind == kind::failures) return Family::service;
  if (kind == kind::connections || kind == kind::handshakes || kind == kind::websockets)
    return Family::entry_point;
  return std::nullopt;
}

}  // namespace

std::size_t SeriesBook::Hash::operator()(const shm::SeriesId& id) const noexcept {
  std::uint64_t hash = siphash(key, id.name);
  hash = hash * 31 + (std::uint64_t{id.kind} << 32 | id.labels);
  hash = hash * 31 + id.shape;
  if (!id.second.empty()) hash = hash * 31 + siphash(key, id.second);
  if (!id.extra.empty()) hash = hash * 31 + siphash(key, id.extra);
  return hash ^ hash >> 29;
}

SeriesBook::SeriesBook(shm::Slab slab) : slab_(std::move(slab)), index_(0, Hash{secret_key()}) {
  slab_.for_each([this](const shm::SeriesId& id, shm::Cell* cells) {
    index_.emplace(id, cells);
    if ((id.kind & shm::SeriesId::gauge) != 0) shm::put(*cells, 0);
  });
  unplaced_ = cells({.kind = kind::unplaced}, 1);
}

shm::Cell* SeriesBook::find(const shm::SeriesId& id) const noexcept {
  const auto found = index_.find(id);
  return found == index_.end() ? nullptr : found->second;
}

std::size_t SeriesBook::count_of(std::uint32_t kind) const noexcept {
  return static_cast<std::size_t>(
      std::count_if(index_.begin(), index_.end(),
                    [kind](const auto& series) { return series.first.kind == kind; }));
}

shm::Cell* SeriesBook::cells(const shm::SeriesId& id, std::uint32_t count) {
  if (shm::Cell* found = find(id)) return found;
  shm::Cell* placed = place(id, count);
  if (placed == nullptr && reclaim()) placed = place(id, count);
  if (placed == nullptr) count_unplaced();
  return placed;
}

void SeriesBook::count_unplaced() noexcept {
  if (unplaced_ != nullptr) shm::add(*unplaced_, 1);
}

// Indexed by the slab's own copy of the texts.
shm::Cell* SeriesBook::place(const shm::SeriesId& id, std::uint32_t count) {
  shm::Cell* placed = slab_.append(id, count);
  if (placed != nullptr) index_.emplace(shm::Slab::id_of(placed), placed);
  return placed;
}

void SeriesBook::set_known(Knows knows) {
  knows_ = std::move(knows);
  may_reclaim_ = true;
}

// Once a configuration: what it knows does not change, and looking costs a walk over everything.
bool SeriesBook::reclaim() {
  if (!may_reclaim_ || !knows_) return false;
  may_reclaim_ = false;
  bool found = false;
  for (auto it = index_.begin(); it != index_.end();) {
    const auto family = named_by(it->first.kind);
    if (!family || it->first.name == other_name || knows_(*family, it->first.name)) {
      ++it;
      continue;
    }
    shm::Cell* cells = it->second;
    it = index_.erase(it);
    slab_.remove(cells);
    found = true;
  }
  if (found) ++epoch_;
  return found;
}

}  // namespace pm::observe
