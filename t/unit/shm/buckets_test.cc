// SPDX-License-Identifier: MIT
#include "shm/buckets.h"

#include <CppUTest/TestHarness.h>

#include <cmath>

using namespace pm;
using shm::Admission;
using shm::Rate;

namespace {

constexpr std::uint64_t ms = 1'000'000;
constexpr std::uint64_t second = 1000 * ms;
constexpr std::uint64_t start = 12'345 * second;

}  // namespace

TEST_GROUP(buckets) {
  shm::Buckets buckets = std::move(shm::Buckets::create(8)).value();  // one group
  std::uint64_t key = buckets.key_of(1, "192.0.2.7");

  shm::Decision take(const Rate& rate, std::uint64_t after_ns) {
    return buckets.take(key, rate, start + after_ns);
  }
  unsigned passing(const Rate& rate, std::uint64_t after_ns, unsigned count) {
    unsigned passed = 0;
    for (unsigned i = 0; i < count; ++i)
      passed += take(rate, after_ns).admission != Admission::refuse ? 1 : 0;
    return passed;
  }
};

TEST(buckets, a_burst_passes_and_then_one_an_interval) {
  const Rate rate(100, second, 50, 0);

  CHECK_EQUAL(50u, passing(rate, 0, 60));
  CHECK_EQUAL(1u, passing(rate, 10 * ms, 5));
  CHECK_EQUAL(3u, passing(rate, 40 * ms, 5));
}

TEST(buckets, what_is_refused_takes_nothing_and_hears_when_to_come_back) {
  const Rate rate(1, second, 1, 500 * ms);
  take(rate, 0);

  const shm::Decision first = take(rate, 50 * ms);
  const shm::Decision second_one = take(rate, 100 * ms);

  CHECK_TRUE(first.admission == Admission::refuse);
  CHECK_EQUAL(950 * ms, first.wait_ns);
  CHECK_EQUAL(900 * ms, second_one.wait_ns);
}

TEST(buckets, a_short_wait_is_held_and_its_token_is_taken) {
  const Rate rate(1, second, 1, 500 * ms);
  take(rate, 0);

  const shm::Decision held = take(rate, 600 * ms);

  CHECK_TRUE(held.admission == Admission::hold);
  CHECK_EQUAL(400 * ms, held.wait_ns);
  CHECK_TRUE(take(rate, 1100 * ms).admission == Admission::refuse);
  CHECK_EQUAL(900 * ms, take(rate, 1100 * ms).wait_ns);
}

TEST(buckets, a_bucket_fills_up_to_its_burst_and_no_further) {
  const Rate rate(10, second, 3, 0);

  CHECK_EQUAL(3u, passing(rate, 0, 5));
  CHECK_EQUAL(3u, passing(rate, 3600 * second, 5));
}

TEST(buckets, it_says_what_is_left_and_when_it_is_full_again) {
  const Rate rate(2, 10 * second, 3, 0);

  const shm::Decision first = take(rate, 0);
  CHECK_EQUAL(2u, first.remaining);
  CHECK_EQUAL(5 * second, first.full_ns);
  take(rate, 0);
  const shm::Decision last = take(rate, 0);
  CHECK_EQUAL(0u, last.remaining);
  CHECK_EQUAL(15 * second, last.full_ns);
  CHECK_EQUAL(5 * second, take(rate, 0).wait_ns);
}

TEST(buckets, rates_that_divide_no_nanosecond_are_exact) {
  const Rate rate(3'000'000, second, 1, 0);

  unsigned passed = 0;
  for (std::uint64_t now = 0; now < second / 10; now += 37)
    passed += take(rate, now).admission == Admission::pass ? 1 : 0;

  // One token every 333.3 ns, asked for every 37 ns: what comes between two questions is not lost.
  CHECK_TRUE(std::abs(static_cast<double>(passed) - 270'000) < 3000);
}

TEST(buckets, extreme_limits_do_not_overflow) {
  const Rate slow(1, UINT64_MAX, UINT64_MAX, UINT64_MAX);
  const Rate fast(UINT64_MAX / 2, 1, 1, 0);

  CHECK_EQUAL(1u, passing(slow, 0, 1));
  key = buckets.key_of(2, "");
  CHECK_EQUAL(1u, passing(fast, 0, 1));
}

TEST(buckets, sources_and_limits_are_counted_apart) {
  const Rate rate(1, second, 1, 0);
  take(rate, 0);

  key = buckets.key_of(1, "192.0.2.8");
  CHECK_TRUE(take(rate, 0).admission == Admission::pass);
  key = buckets.key_of(2, "192.0.2.7");
  CHECK_TRUE(take(rate, 0).admission == Admission::pass);
}

TEST(buckets, a_newcomer_to_a_full_group_inherits_the_least_debt) {
  const Rate rate(1, second, 10, 0);
  for (std::uint64_t number = 1; number <= 8; ++number) {
    key = number;
    passing(rate, 0, static_cast<unsigned>(number + 1));
  }

  key = 99;
  CHECK_EQUAL(8u, passing(rate, 0, 20));  // the first had taken two
  CHECK_EQUAL(1u, buckets.figures().evictions);
}

TEST(buckets, full_buckets_are_forgotten_for_nothing) {
  const Rate rate(1, second, 10, 0);
  for (key = 1; key <= 8; ++key)
    take(rate, 0);

  key = 99;
  CHECK_EQUAL(10u, passing(rate, second, 20));
  CHECK_EQUAL(0u, buckets.figures().evictions);
}

TEST(buckets, the_debt_of_a_slow_limit_does_not_shut_out_a_fast_one_for_long) {
  const Rate hourly(1, 3600 * second, 1, 0);
  for (key = 1; key <= 8; ++key)
    take(hourly, 0);

  const Rate fast(100, second, 5, 0);
  key = 99;
  CHECK_EQUAL(0u, passing(fast, 0, 5));  // an empty bucket
  CHECK_EQUAL(1u, passing(fast, 10 * ms, 5));
}

TEST(buckets, steps_are_few) {
  const Rate rate(1000, second, 1000, 0);
  for (key = 1; key <= 1000; ++key)
    take(rate, key * 1000);

  CHECK_TRUE(buckets.figures().most_rounds <= 2);
  CHECK_EQUAL(0u, buckets.figures().given_up);
  CHECK_EQUAL(0u, buckets.figures().twins);
}
