// SPDX-License-Identifier: MIT
#include "shm/counts.h"

#include <CppUTest/TestHarness.h>

#include <vector>

using namespace pm;

TEST_GROUP(counts) {
  static constexpr unsigned mine = 3;
  static constexpr unsigned other = 4;
  shm::Counts counts = std::move(shm::Counts::create(32, 16)).value();
  std::uint64_t key = counts.key_of(1, "a.example");
};

TEST(counts, as_many_enter_as_there_may_be_whoever_they_are) {
  CHECK_TRUE(counts.enter(key, mine, 2).has_value());
  CHECK_TRUE(counts.enter(key, other, 2).has_value());

  CHECK_FALSE(counts.enter(key, mine, 2).has_value());
  CHECK_EQUAL(2u, counts.count(key));
}

TEST(counts, who_leaves_makes_room) {
  const auto place = counts.enter(key, mine, 1);
  counts.leave(*place, mine);

  CHECK_EQUAL(0u, counts.count(key));
  CHECK_TRUE(counts.enter(key, other, 1).has_value());
}

TEST(counts, an_amount_of_nothing_lets_nobody_in) {
  CHECK_FALSE(counts.enter(key, mine, 0).has_value());
  CHECK_EQUAL(0u, counts.total());
}

TEST(counts, keys_are_counted_apart) {
  counts.enter(key, mine, 1);

  CHECK_TRUE(counts.enter(counts.key_of(1, "b.example"), mine, 1).has_value());
  CHECK_TRUE(counts.enter(counts.key_of(2, "a.example"), mine, 1).has_value());
}

TEST(counts, what_a_dead_process_held_is_given_back_and_nothing_else) {
  const std::uint64_t second = counts.key_of(1, "b.example");
  counts.enter(key, mine, 9);
  counts.enter(key, other, 9);
  counts.enter(second, mine, 9);

  counts.clear(mine);

  CHECK_EQUAL(1u, counts.count(key));
  CHECK_EQUAL(0u, counts.count(second));
}

TEST(counts, a_newcomer_takes_the_record_of_nobody) {
  for (std::uint64_t i = 0; i < 1000; ++i) {
    const auto place = counts.enter(counts.key_of(9, std::to_string(i).c_str()), mine, 1);
    CHECK_TRUE(place && place->number != 0);
    counts.leave(*place, mine);
  }

  CHECK_EQUAL(0u, counts.passed_uncounted());
  CHECK_EQUAL(0u, counts.total());
}

TEST(counts, a_full_table_lets_pass_uncounted_and_forgets_nobody) {
  for (std::uint64_t i = 0; i < 16; ++i)
    counts.enter(counts.key_of(9, std::to_string(i).c_str()), mine, 1);

  const auto place = counts.enter(key, mine, 1);

  CHECK_EQUAL(0u, place->number);
  CHECK_EQUAL(1u, counts.passed_uncounted());
  CHECK_EQUAL(16u, counts.total());
  counts.leave(*place, mine);
  CHECK_EQUAL(16u, counts.total());
}
