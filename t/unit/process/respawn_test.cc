// SPDX-License-Identifier: MIT
#include "process/respawn.h"

#include <CppUTest/TestHarness.h>

using namespace pm;
using namespace std::chrono_literals;

TEST_GROUP(respawn) {
  process::Respawn respawn;
  process::Respawn::Clock::time_point now{1h};

  long died_after(std::chrono::milliseconds life) {
    now += life;
    return respawn.delay_after_death(now).count();
  }
  void die_at_once_five_times() {
    LONGS_EQUAL(0, died_after(10ms));
    LONGS_EQUAL(0, died_after(10ms));
    LONGS_EQUAL(0, died_after(10ms));
    LONGS_EQUAL(0, died_after(10ms));
    LONGS_EQUAL(0, died_after(10ms));
  }
};

TEST(respawn, five_deaths_in_ten_seconds_are_forgiven) {
  die_at_once_five_times();
}

TEST(respawn, from_the_sixth_on_the_wait_doubles_up_to_a_bound) {
  die_at_once_five_times();

  LONGS_EQUAL(1000, died_after(10ms));
  LONGS_EQUAL(2000, died_after(1010ms));
  LONGS_EQUAL(4000, died_after(2010ms));
  LONGS_EQUAL(8000, died_after(4010ms));
  LONGS_EQUAL(10000, died_after(8010ms));
  LONGS_EQUAL(10000, died_after(10010ms));
}

TEST(respawn, a_death_now_and_then_is_always_answered_at_once) {
  LONGS_EQUAL(0, died_after(3s));
  LONGS_EQUAL(0, died_after(3s));
  LONGS_EQUAL(0, died_after(3s));
  LONGS_EQUAL(0, died_after(3s));
  LONGS_EQUAL(0, died_after(3s));
  LONGS_EQUAL(0, died_after(3s));
}

TEST(respawn, a_long_life_makes_good_again) {
  die_at_once_five_times();
  LONGS_EQUAL(1000, died_after(10ms));

  LONGS_EQUAL(0, died_after(60s));
}
