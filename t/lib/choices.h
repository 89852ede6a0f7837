// SPDX-License-Identifier: MIT
// choices.h -- decisions drawn from bytes: a fuzzer's input first, and numbers seeded by it once that is used up.
//
//   in      any bytes, or a seed
//   out     the same decisions for the same bytes, on every machine
#pragma once

#include "core/random.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace pm::test {

class Choices {
 public:
  explicit Choices(std::uint64_t seed) noexcept : random_(seed) {}
  explicit Choices(std::span<const std::uint8_t> bytes) noexcept
      : bytes_(bytes), random_(sum_of(bytes)) {}

  std::uint64_t below(std::uint64_t bound) noexcept {
    if (bytes_.empty()) return random_.below(bound);
    std::uint64_t value = 0;
    for (std::uint64_t reach = 1; reach < bound && !bytes_.empty(); reach *= 256) {
      value = value * 256 + bytes_.front();
      bytes_ = bytes_.subspan(1);
    }
    return value % bound;
  }
  std::uint64_t between(std::uint64_t least, std::uint64_t most) noexcept {
    return least + below(most - least + 1);
  }
  bool one_in(std::uint64_t count) noexcept { return below(count) == 0; }

 private:
  static std::uint64_t sum_of(std::span<const std::uint8_t> bytes) noexcept {
    std::uint64_t sum = 14695981039346656037u;
    for (const std::uint8_t byte : bytes)
      sum = (sum ^ byte) * 1099511628211u;
    return sum;
  }

  std::span<const std::uint8_t> bytes_;
  Random random_;
};

}  // namespace pm::test
