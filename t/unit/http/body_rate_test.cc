// SPDX-License-Identifier: MIT
#include "http/body_rate.h"

#include <CppUTest/TestHarness.h>

using pm::http::BodyRate;

namespace {

constexpr std::uint64_t rate = 500;
constexpr std::uint64_t begun = 1000;

}  // namespace

TEST_GROUP(body_rate) {
  BodyRate body;

  void setup() override {
    body.begin(begun);
  }
};

TEST(body_rate, nothing_at_all_may_come_for_ten_seconds) {
  CHECK_FALSE(body.is_over(begun + 9999));
  CHECK_TRUE(body.is_over(begun + 10000));
}

TEST(body_rate, what_comes_buys_the_time_that_it_would_take) {
  body.note(begun + 5000, 1000, rate);

  UNSIGNED_LONGS_EQUAL(begun + 12000, body.deadline_ms());
}

TEST(body_rate, single_bytes_add_up) {
  for (int i = 0; i < 3000; ++i)
    body.note(begun + 9000, 1, 3000);

  UNSIGNED_LONGS_EQUAL(begun + 10999, body.deadline_ms());
}

TEST(body_rate, a_burst_buys_no_long_silence) {
  body.note(begun + 1000, 100'000'000, rate);

  UNSIGNED_LONGS_EQUAL(begun + 11000, body.deadline_ms());
}

TEST(body_rate, time_in_which_nobody_reads_is_not_the_clients) {
  body.begin(begun + 60000);

  CHECK_FALSE(body.is_over(begun + 69000));
}
