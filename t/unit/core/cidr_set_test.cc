// SPDX-License-Identifier: MIT
#include "core/cidr_set.h"

#include <CppUTest/TestHarness.h>

#include <random>

using pm::Address;
using pm::Cidr;
using pm::CidrSet;

namespace {

CidrSet set_of(std::initializer_list<std::string_view> texts) {
  std::vector<Cidr> blocks;
  for (const std::string_view text : texts)
    blocks.push_back(Cidr::parse(text).value());
  return CidrSet(blocks);
}

bool has(const CidrSet& set, std::string_view text) {
  return set.contains(Address::parse(text).value());
}

}  // namespace

TEST_GROUP(cidr_set){};

TEST(cidr_set, contains_what_one_of_its_blocks_contains) {
  const CidrSet set = set_of({"10.0.0.0/8", "192.168.1.0/24", "192.168.3.0/24", "2001:db8::/32",
                              "203.0.113.9", "10.0.0.0/8", "10.1.0.0/16"});
  for (const std::string_view in :
       {"10.255.0.1", "10.1.2.3", "10.0.0.0", "192.168.1.255", "192.168.3.0",
        "2001:db8:1::", "203.0.113.9", "::ffff:10.1.1.1"})
    CHECK_TRUE_TEXT(has(set, in), in.data());
  for (const std::string_view out :
       {"11.0.0.0", "9.255.255.255", "192.168.2.1", "2001:db9::", "2001:db7:ffff::", "203.0.113.8",
        "203.0.113.10", "::10.1.1.1"})
    CHECK_FALSE_TEXT(has(set, out), out.data());
}

TEST(cidr_set, everything_of_one_family_is_nothing_of_the_other) {
  CHECK_TRUE(has(set_of({"::/0"}), "2001:db8::1"));
  CHECK_FALSE(has(set_of({"::/0"}), "10.0.0.1"));
  CHECK_TRUE(has(set_of({"0.0.0.0/0"}), "255.255.255.255"));
  CHECK_FALSE(has(set_of({"0.0.0.0/0"}), "2001:db8::1"));
  CHECK_TRUE(has(set_of({"::ffff:0:0/96"}), "10.0.0.1"));
  CHECK_FALSE(has(set_of({"::ffff:0:0/95"}), "10.0.0.1"));
}

TEST(cidr_set, an_empty_set_contains_nothing) {
  CHECK_TRUE(CidrSet().empty());
  CHECK_FALSE(has(CidrSet(), "127.0.0.1"));
  CHECK_FALSE(has(CidrSet(), "::"));
}

// The blocks one by one, and a set of them, must say the same of every address near their edges.
TEST(cidr_set, agrees_with_its_blocks) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<Cidr> blocks;
    const auto number = [&random](std::uint32_t below) {
      return random() % below;
    };
    for (std::uint32_t i = number(12); i > 0; --i) {
      const bool is_v4 = number(2) == 0;
      std::string text = is_v4 ? Address::v4(0x0a000000 + number(4096)).to_string()
                               : "2001:db8::" + std::to_string(number(10));
      text += '/' + std::to_string(is_v4 ? 20 + number(13) : 100 + number(29));
      blocks.push_back(Cidr::parse(text).value());
    }
    const CidrSet set(blocks);
    for (std::uint32_t i = 0; i < 4096; i += 1 + number(40)) {
      const Address address = Address::v4(0x0a000000 + i);
      bool is_in_one = false;
      for (const Cidr& block : blocks)
        is_in_one = is_in_one || block.contains(address);
      CHECK_EQUAL(is_in_one, set.contains(address));
    }
  }
}
