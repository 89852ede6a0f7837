// SPDX-License-Identifier: MIT
#include "core/cidr_set.h"

#include <algorithm>
#include <cstring>

namespace pm {
namespace {

std::uint64_t big_endian(const std::uint8_t* bytes) noexcept {
  std::uint64_t word;
  std::memcpy(&word, bytes, sizeof word);
  return __builtin_bswap64(word);
}

// The lower `bits` of a word, all set.
std::uint64_t ones(unsigned bits) noexcept {
  return bits >= 64 ? UINT64_MAX : (std::uint64_t{1} << bits) - 1;
}

}  // namespace

CidrSet::Key CidrSet::Key::of(const Address& address) noexcept {
  return {big_endian(address.bytes().data()), big_endian(address.bytes().data() + 8)};
}

CidrSet::Range CidrSet::Range::of(const Cidr& block) noexcept {
  const Key first = Key::of(block.network());
  const unsigned free_bits = 128 - block.bits();
  return {first,
          {first.high | (free_bits > 64 ? ones(free_bits - 64) : 0), first.low | ones(free_bits)}};
}

CidrSet::CidrSet(const std::vector<Cidr>& blocks) {
  for (const Cidr& block : blocks) {
    const Range range = Range::of(block);
    (range.first.is_v4() && range.last.is_v4() ? v4_ : v6_).push_back(range);
  }
  merge(v4_);
  merge(v6_);
}

void CidrSet::merge(Ranges& ranges) {
  std::sort(ranges.begin(), ranges.end(),
            [](const Range& a, const Range& b) { return a.first < b.first; });
  Ranges merged;
  for (const Range& range : ranges) {
    if (!merged.empty() && range.first <= merged.back().last) {
      merged.back().last = std::max(merged.back().last, range.last);
    } else {
      merged.push_back(range);
    }
  }
  ranges = std::move(merged);
}

bool CidrSet::contains(const Address& address) const noexcept {
  const Key key = Key::of(address);
  const Ranges& ranges = key.is_v4() ? v4_ : v6_;
  const auto after =
      std::upper_bound(ranges.begin(), ranges.end(), key,
                       [](const Key& wanted, const Range& range) { return wanted < range.first; });
  return after != ranges.begin() && key <= (after - 1)->last;
}

}  // namespace pm
