// SPDX-License-Identifier: MIT
// cidr_set.h -- many CIDR blocks, and whether an address is in one of them.
//
//   in      blocks in any order, overlapping or not
//   shape   sorted ranges that do not overlap; IPv4 and IPv6 apart, since "::/0" means every IPv6 address and no IPv4 one
//   cost    one binary search; 32 bytes a range
#pragma once

#include "core/ip.h"

#include <compare>
#include <cstdint>
#include <vector>

namespace pm {

class CidrSet {
 public:
  CidrSet() = default;
  explicit CidrSet(const std::vector<Cidr>& blocks);
  bool contains(const Address& address) const noexcept;
  bool empty() const noexcept { return v4_.empty() && v6_.empty(); }

 private:
  // An address as a number.
  struct Key {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    static Key of(const Address& address) noexcept;
    bool is_v4() const noexcept { return high == 0 && low >> 32 == 0xffff; }
    friend auto operator<=>(const Key&, const Key&) noexcept = default;
  };
  struct Range {
    Key first;
    Key last;
    static Range of(const Cidr& block) noexcept;
  };
  using Ranges = std::vector<Range>;
  static void merge(Ranges& ranges);

  Ranges v4_;
  Ranges v6_;
};

}  // namespace pm
