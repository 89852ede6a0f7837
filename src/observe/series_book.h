// SPDX-License-Identifier: MIT
// series_book.h -- the series of one process's slab, found by what they are called.
//
//   in      the slab; series as they are needed
//   out     cells to count in, until epoch() moves
//   own     an index of the slab, in this process; on its loop only
//   cost    cells(): a keyed hash of some texts. Whoever counts often keeps what it got
//   errors  no room, though what the configuration does not know any more was given up: null, and how often is counted
//   source  decision 64; observability.md section 6
#pragma once

#include "core/hash.h"
#include "observe/metric.h"

#include <functional>
#include <string_view>
#include <unordered_map>

namespace pm::observe {

class SeriesBook {
 public:
  explicit SeriesBook(shm::Slab slab);

  shm::Cell* cells(const shm::SeriesId& id, std::uint32_t count);
  shm::Cell* find(const shm::SeriesId& id) const noexcept;
  void count_unplaced() noexcept;
  std::uint32_t epoch() const noexcept { return epoch_; }
  std::size_t count_of(std::uint32_t kind) const noexcept;  // looks at all

  // A configuration has come into force; `knows` says whether it has that name. Series of names that are gone are given up
  // when there is no room for new ones.
  using Knows = std::function<bool(Family family, std::string_view name)>;
  void set_known(Knows knows);

 private:
  shm::Cell* place(const shm::SeriesId& id, std::uint32_t count);
  bool reclaim();

  struct Hash {
    HashKey key;
    std::size_t operator()(const shm::SeriesId& id) const noexcept;
  };
  shm::Slab slab_;
  std::unordered_map<shm::SeriesId, shm::Cell*, Hash> index_;  // its texts lie in the slab
  shm::Cell* unplaced_;
  Knows knows_;
  bool may_reclaim_ = false;
  std::uint32_t epoch_ = 1;
};

}  // namespace pm::observe
