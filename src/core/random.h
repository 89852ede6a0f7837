// SPDX-License-Identifier: MIT
// random.h -- random numbers that a test can fix.
//
//   out     64 uniform bits a call (xoshiro256**); not for secrets: those come from fill_secret()
//   cost    a few instructions; seeded once per process from getrandom(2), or by seed() in tests
#pragma once

#include <cstddef>
#include <cstdint>

namespace pm {

class Random {
 public:
  Random();  // from the kernel
  explicit Random(std::uint64_t seed) noexcept;
  std::uint64_t next() noexcept;
  std::uint64_t below(std::uint64_t bound) noexcept;  // uniform in [0, bound); bound > 0

 private:
  std::uint64_t state_[4];
};

void fill_secret(void* to, std::size_t size) noexcept;  // getrandom(2); never fails after boot

}  // namespace pm
