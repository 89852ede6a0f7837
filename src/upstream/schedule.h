// SPDX-License-Identifier: MIT
// schedule.h -- the order in which weighted servers take turns: earliest deadline first.
//
//   in      weights in the order of the configuration; 0 and below never get a turn
//   out     the index whose turn it is. Each entry has a deadline, at first 1/w; the smallest is taken and grows by 1/w, so
//           that weights interleave: 3:1 gives a a b a, and equal weights plain round robin
//   own     where turns are counted is the caller's: a word that all workers share, so that together they keep the order, or
//           none, and this schedule counts for itself. Its users have the same weights and the same `start`
//   cost    one period is laid out beforehand (O(1) a turn); a period over 65,536 turns is computed as it goes (O(log n)), by
//           each worker alone
//   source  http-services.md section 3, decision 60
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace pm::upstream {

class Schedule {
 public:
  // `start` shuffles those with equal deadlines, so that not everybody begins with one server; 0: as in the file.
  Schedule(std::span<const std::int64_t> weights, std::uint64_t start,
           std::atomic<std::uint64_t>* cursor = nullptr);

  // The next turn. A server that is down uses its turn up; none when nobody may be used. `live` by index; empty: all are up.
  std::optional<std::uint32_t> next(std::span<const bool> live) noexcept;

 private:
  struct Entry {
    double deadline;
    double step;
    std::uint32_t index;
    std::uint32_t rank;  // among equal deadlines
  };
  std::uint32_t pop() noexcept;
  std::uint32_t at(std::uint64_t turn) const noexcept { return period_[turn % period_.size()]; }
  std::optional<std::uint32_t> next_own(std::span<const bool> live) noexcept;
  std::optional<std::uint32_t> next_shared(std::span<const bool> live) noexcept;

  std::vector<std::uint32_t> period_;  // empty: computed as it goes
  std::vector<Entry> heap_;
  std::uint64_t turns_ = 0;             // taken; where the cursor is our own
  std::atomic<std::uint64_t>* cursor_;  // null: turns_ counts
};

}  // namespace pm::upstream
