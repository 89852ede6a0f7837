// SPDX-License-Identifier: MIT
#include "h2/glitches.h"

#include <CppUTest/TestHarness.h>

using pm::h2::Glitches;

namespace {

int spent_at(Glitches& glitches, std::uint64_t now_ms) {
  int count = 0;
  while (count < 1000 && glitches.spend(now_ms))
    ++count;
  return count;
}

}  // namespace

TEST_GROUP(h2_glitches){};

TEST(h2_glitches, a_burst_may_be_spent_at_once) {
  Glitches glitches(10, 2);

  LONGS_EQUAL(10, spent_at(glitches, 1000000));
}

TEST(h2_glitches, what_is_spent_comes_back_at_the_rate) {
  Glitches glitches(10, 2);
  spent_at(glitches, 1000000);

  LONGS_EQUAL(0, spent_at(glitches, 1000499));
  LONGS_EQUAL(1, spent_at(glitches, 1000500));
  LONGS_EQUAL(4, spent_at(glitches, 1002500));
}

TEST(h2_glitches, never_more_than_the_burst) {
  Glitches glitches(10, 2);
  spent_at(glitches, 1000000);

  LONGS_EQUAL(10, spent_at(glitches, 9000000));
}

// Asked so often that each time less than one has come back.
TEST(h2_glitches, frequent_questions_do_not_keep_it_from_coming_back) {
  Glitches glitches(10, 2);
  spent_at(glitches, 1000000);
  int count = 0;

  for (std::uint64_t now = 1000000; now <= 1010000; now += 7)
    count += glitches.spend(now) ? 1 : 0;

  CHECK(count >= 19 && count <= 20);
}

TEST(h2_glitches, a_budget_of_nothing_allows_nothing) {
  Glitches glitches(0, 0);

  LONGS_EQUAL(0, spent_at(glitches, 1000));
}
