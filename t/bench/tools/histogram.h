// SPDX-License-Identifier: MIT
// histogram.h -- times in buckets that grow with them: 64 to a power of two, so that a quantile is right within 1.6 %.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

namespace pm::bench {

class Histogram {
 public:
  void add(std::uint64_t nanoseconds) {
    const std::uint64_t value = std::max(nanoseconds, smallest);
    const auto power = static_cast<std::size_t>(std::bit_width(value)) - 7;
    ++counts_[std::min(power * 64 + (value >> power & 63), counts_.size() - 1)];
    ++total_;
  }

  double microseconds_at(double quantile) const {
    const auto wanted = static_cast<std::uint64_t>(quantile * static_cast<double>(total_));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      seen += counts_[i];
      if (seen > wanted) return static_cast<double>((64 + i % 64) << i / 64) / 1000;
    }
    return 0;
  }

 private:
  static constexpr std::uint64_t smallest = 64;

  std::array<std::uint64_t, 64 * 40> counts_{};
  std::uint64_t total_ = 0;
};

}  // namespace pm::bench
