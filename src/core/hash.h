// SPDX-License-Identifier: MIT
// hash.h -- keyed and plain hashes of bytes.
//
//   out     64 bits. siphash: for tables whose keys a peer chooses. fnv1a: bit-exact values that users see
//   source  SipHash-1-3 (Aumasson, Bernstein), FNV-1a (Fowler, Noll, Vo)
#pragma once

#include <cstdint>
#include <string_view>

namespace pm {

struct HashKey {
  std::uint64_t k0 = 0;
  std::uint64_t k1 = 0;
};

std::uint64_t siphash(const HashKey& key, std::string_view bytes) noexcept;
constexpr std::uint64_t fnv1a(std::string_view bytes) noexcept {
  std::uint64_t hash = 14695981039346656037u;
  for (char c : bytes)
    hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  return hash;
}

}  // namespace pm
