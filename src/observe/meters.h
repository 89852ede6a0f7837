// SPDX-License-Identifier: MIT
// meters.h -- what a worker counts of requests: which families, with which limits, and where.
//
//   in      the worker's slab; the settings of the configuration
//   out     cells to count in. They stay valid until epoch() moves
//   own     the book of its series; on the worker's loop only
//   errors  none: requests that there is no room for are counted in one series of their family
//   source  observability.md sections 1.1 and 6
#pragma once

#include "observe/meter_settings.h"
#include "observe/series_book.h"

#include <array>
#include <string_view>
#include <vector>

namespace pm::observe {

class Meters {
 public:
  static constexpr std::size_t most_by_header = 10000;

  Meters(shm::Slab slab, MeterSettings settings);

  const MeterSettings& settings() const noexcept { return settings_; }
  bool has_header_labels() const noexcept { return has_header_labels_; }
  SeriesBook& book() noexcept { return book_; }
  std::uint32_t epoch() const noexcept { return book_.epoch(); }
  std::uint32_t bucket_of(std::uint64_t nanoseconds) const noexcept {
    const std::uint64_t* limit = limits_.data();
    while (nanoseconds > *limit)
      ++limit;
    return static_cast<std::uint32_t>(limit - limits_.data());
  }

  struct Who {
    Family family;
    std::string_view name;
    std::string_view second;  // of a router: its service
  };
  shm::Cell* requests(const Who& who, RequestLabels labels);
  // By what the client's headers say; bounded, since clients choose the values.
  shm::Cell& by_header(const Who& who, RequestLabels labels, std::string_view values);
  // A counter that is rarely used.
  void count(const shm::SeriesId& id);

 private:
  void count_series_by_header() noexcept;

  SeriesBook book_;
  MeterSettings settings_;
  std::vector<std::uint64_t> limits_;  // nanoseconds; the last one is above all times
  std::uint32_t request_shape_;
  std::uint32_t header_shape_;
  bool has_header_labels_;
  std::array<shm::Cell*, family_count> others_{};  // requests that have no series of their own
  std::vector<shm::Cell> nowhere_;                 // written, and read by nobody
  std::size_t by_header_ = 0;                      // how many of that kind there are
  std::uint32_t by_header_epoch_ = 0;
};

}  // namespace pm::observe
