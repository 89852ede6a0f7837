// SPDX-License-Identifier: MIT
// schedule.h -- the order in which weighted servers take turns: earliest deadline first.
//
//   in      weights in the order of the configuration; 0 and below never get a turn
//   out     the index whose turn it is. Each entry has a deadline, at first 1/w; the smallest is taken and grows by 1/w, so
//           that weights interleave: 3:1 gives a a b a, and equal weights plain round robin
//   cost    one period is laid out beforehand (O(1) a turn); a period over 65,536 turns is computed as it goes (O(log n))
//   source  http-services.md section 3, decision 60
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace pm::upstream {

class Schedule {
 public:
  // `start` shuffles those with equal deadlines, so that workers do not all begin with one server; 0: as in the file.
  Schedule(std::span<const std::int64_t> weights, std::uint64_t start);

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

  std::vector<std::uint32_t> period_;  // empty: computed as it goes
  std::vector<Entry> heap_;
  std::size_t cursor_ = 0;
};

}  // namespace pm::upstream
