// SPDX-License-Identifier: MIT
#include "core/random.h"

#include "core/check.h"

#include <bit>
#include <cerrno>

#include <sys/random.h>

namespace pm {
namespace {

// splitmix64 spreads a seed over the state, so that seeds 1 and 2 do not begin alike (Vigna's advice).
std::uint64_t spread(std::uint64_t& seed) noexcept {
  std::uint64_t z = (seed += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

}  // namespace

Random::Random() {
  fill_secret(state_, sizeof state_);
  state_[0] |= 1;  // the one state that the generator never leaves is all zeros
}

Random::Random(std::uint64_t seed) noexcept {
  for (std::uint64_t& word : state_)
    word = spread(seed);
}

std::uint64_t Random::next() noexcept {
  const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const std::uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

// Lemire's multiplication: the high half of next() * bound is uniform once the few low halves that
// would favour some results have been thrown away.
std::uint64_t Random::below(std::uint64_t bound) noexcept {
  PM_CHECK(bound > 0, "a range to draw from is not empty");
  __extension__ using Wide = unsigned __int128;
  const std::uint64_t unfair = (0 - bound) % bound;
  while (true) {
    const Wide product = Wide{next()} * bound;
    if (static_cast<std::uint64_t>(product) >= unfair) {
      return static_cast<std::uint64_t>(product >> 64);
    }
  }
}

void fill_secret(void* to, std::size_t size) noexcept {
  auto* at = static_cast<unsigned char*>(to);
  while (size > 0) {
    const ssize_t got = getrandom(at, size, 0);
    if (got < 0 && errno == EINTR) continue;
    PM_CHECK(got > 0, "the kernel has random bytes after boot");
    at += got;
    size -= static_cast<std::size_t>(got);
  }
}

}  // namespace pm
