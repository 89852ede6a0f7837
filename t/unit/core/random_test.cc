// SPDX-License-Identifier: MIT
#include "core/random.h"

#include <CppUTest/TestHarness.h>

#include <algorithm>
#include <array>
#include <cstring>

using namespace pm;

namespace {

// How often each of six numbers was drawn.
std::array<int, 6> throws_of(Random& random, int count) {
  std::array<int, 6> seen{};
  while (count-- > 0)
    ++seen[random.below(6)];
  return seen;
}

}  // namespace

TEST_GROUP(random){};

TEST(random, a_seed_fixes_the_numbers) {
  Random a(42);
  Random b(42);
  Random c(43);

  const std::uint64_t first = a.next();

  CHECK_EQUAL(first, b.next());
  CHECK_FALSE(first == c.next());
}

// splitmix64 of seed 0, then xoshiro256**: the first value of the published generators.
TEST(random, the_generator_is_the_published_one) {
  Random random(0);

  CHECK_EQUAL(0x99ec5f36cb75f2b4u, random.next());
}

TEST(random, a_dice_is_fair) {
  Random random(1);

  const auto seen = throws_of(random, 60'000);

  CHECK_TRUE(*std::min_element(seen.begin(), seen.end()) > 9'700);
  CHECK_TRUE(*std::max_element(seen.begin(), seen.end()) < 10'300);
}

TEST(random, a_bound_of_one_leaves_zero) {
  Random random(7);
  CHECK_EQUAL(0u, random.below(1));
}

TEST(random, two_generators_from_the_kernel_differ) {
  Random a;
  Random b;
  CHECK_FALSE(a.next() == b.next());
}

TEST(random, a_secret_fills_all_bytes) {
  unsigned char secret[512] = {};

  fill_secret(secret, sizeof secret);

  CHECK_TRUE(std::count(std::begin(secret), std::end(secret), 0) < 32);
}
