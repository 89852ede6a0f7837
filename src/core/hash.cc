// SPDX-License-Identifier: MIT
#include "core/hash.h"

#include <bit>
#include <cstring>

namespace pm {
namespace {

struct Sip {
  std::uint64_t v0, v1, v2, v3;

  explicit Sip(const HashKey& key) noexcept
      : v0(key.k0 ^ 0x736f6d6570736575u),
        v1(key.k1 ^ 0x646f72616e646f6du),
        v2(key.k0 ^ 0x6c7967656e657261u),
        v3(key.k1 ^ 0x7465646279746573u) {}

  void round() noexcept {
    v0 += v1, v1 = std::rotl(v1, 13) ^ v0, v0 = std::rotl(v0, 32);
    v2 += v3, v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3, v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1, v1 = std::rotl(v1, 17) ^ v2, v2 = std::rotl(v2, 32);
  }
  void absorb(std::uint64_t word) noexcept {
    v3 ^= word;
    round();
    v0 ^= word;
  }
  std::uint64_t finish() noexcept {
    v2 ^= 0xff;
    for (int i = 0; i < 3; ++i)
      round();
    return v0 ^ v1 ^ v2 ^ v3;
  }
};

std::uint64_t load_little_endian(const char* from, std::size_t size) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, from, size);
  static_assert(std::endian::native == std::endian::little, "other byte orders need a swap here");
  return word;
}

}  // namespace

std::uint64_t siphash(const HashKey& key, std::string_view bytes) noexcept {
  Sip sip(key);
  const char* at = bytes.data();
  const char* const tail = at + bytes.size() / 8 * 8;
  for (; at != tail; at += 8)
    sip.absorb(load_little_endian(at, 8));

  std::uint64_t last = std::uint64_t{bytes.size()} << 56;
  if (bytes.size() % 8 != 0) last |= load_little_endian(at, bytes.size() % 8);
  sip.absorb(last);
  return sip.finish();
}

}  // namespace pm
