// SPDX-License-Identifier: MIT
#include "net/timer.h"

#include "core/random.h"

#include <CppUTest/TestHarness.h>

#include <algorithm>
#include <memory>
#include <vector>

using pm::net::Timer;
using pm::net::Wheel;

namespace {

constexpr std::uint64_t start_ms = 5000000;

class Bell final : public Timer {
 public:
  explicit Bell(const std::uint64_t& now) : now_(now) {}
  std::vector<std::uint64_t> rung;          // when
  Wheel* again = nullptr;                   // arms itself there
  std::unique_ptr<Bell>* victim = nullptr;  // destroys it

 private:
  void on_timer() noexcept override {
    rung.push_back(now_);
    if (again != nullptr) again->arm(*this, now_);
    if (victim != nullptr) victim->reset();
  }
  const std::uint64_t& now_;
};

}  // namespace

TEST_GROUP(timer) {
  std::uint64_t now = start_ms;
  Wheel wheel{start_ms};
  Bell bell{now};

  void pass_to(std::uint64_t time) {
    now = time;
    wheel.advance(now);
  }
  // The clock moves on by steps of at most `step`.
  void walk_to(std::uint64_t time, std::uint64_t step = 10) {
    while (now < time)
      pass_to(std::min(now + step, time));
  }
};

TEST(timer, rings_at_its_deadline_or_up_to_100_ms_later) {
  wheel.arm(bell, start_ms + 1234);

  walk_to(start_ms + 3000, 1);

  LONGS_EQUAL(1, bell.rung.size());
  CHECK(bell.rung[0] >= start_ms + 1234 && bell.rung[0] <= start_ms + 1334);
}

TEST(timer, rings_once_and_is_not_armed_then) {
  wheel.arm(bell, start_ms + 200);

  walk_to(start_ms + 1000);

  LONGS_EQUAL(1, bell.rung.size());
  CHECK_FALSE(bell.is_armed());
  CHECK(wheel.is_empty());
}

TEST(timer, moved_to_later_does_not_ring_at_the_first_deadline) {
  wheel.arm(bell, start_ms + 300);
  walk_to(start_ms + 250);
  wheel.arm(bell, start_ms + 900);

  walk_to(start_ms + 890);
  LONGS_EQUAL(0, bell.rung.size());

  walk_to(start_ms + 1000);
  LONGS_EQUAL(1, bell.rung.size());
}

TEST(timer, moved_to_earlier_rings_at_the_new_deadline) {
  wheel.arm(bell, start_ms + 60000);
  wheel.arm(bell, start_ms + 300);

  walk_to(start_ms + 400);

  LONGS_EQUAL(1, bell.rung.size());
}

TEST(timer, disarmed_does_not_ring_and_may_be_armed_again) {
  wheel.arm(bell, start_ms + 300);
  wheel.disarm(bell);
  walk_to(start_ms + 1000);
  LONGS_EQUAL(0, bell.rung.size());

  wheel.arm(bell, start_ms + 1100);
  walk_to(start_ms + 1200);

  LONGS_EQUAL(1, bell.rung.size());
}

TEST(timer, a_deadline_that_has_passed_rings_at_the_next_tick) {
  wheel.arm(bell, start_ms - 5000);

  pass_to(start_ms + 100);

  LONGS_EQUAL(1, bell.rung.size());
}

TEST(timer, a_deadline_beyond_one_turn_of_the_wheel_is_kept) {
  wheel.arm(bell, start_ms + 250000);

  walk_to(start_ms + 249990, 70);
  LONGS_EQUAL(0, bell.rung.size());

  walk_to(start_ms + 250100, 70);
  LONGS_EQUAL(1, bell.rung.size());
}

TEST(timer, a_long_sleep_rings_what_is_due_and_nothing_else) {
  Bell later{now};
  wheel.arm(bell, start_ms + 3000);
  wheel.arm(later, start_ms + 900000);

  pass_to(start_ms + 500000);

  LONGS_EQUAL(1, bell.rung.size());
  LONGS_EQUAL(0, later.rung.size());
  walk_to(start_ms + 900100, 100);
  LONGS_EQUAL(1, later.rung.size());
}

TEST(timer, armed_after_a_long_sleep_of_an_empty_wheel_rings_in_time) {
  now = start_ms + 10000000;
  wheel.arm(bell, now + 500);

  pass_to(now + 100);
  LONGS_EQUAL(0, bell.rung.size());

  walk_to(now + 500);
  LONGS_EQUAL(1, bell.rung.size());
}

TEST(timer, may_arm_itself_again_while_it_rings) {
  bell.again = &wheel;
  wheel.arm(bell, start_ms + 100);

  pass_to(start_ms + 200);
  LONGS_EQUAL(1, bell.rung.size());

  pass_to(start_ms + 300);
  LONGS_EQUAL(2, bell.rung.size());
}

TEST(timer, may_destroy_another_one_of_the_same_slot_while_it_rings) {
  auto other = std::make_unique<Bell>(now);
  bell.victim = &other;
  wheel.arm(bell, start_ms + 150);
  wheel.arm(*other, start_ms + 150);

  pass_to(start_ms + 300);

  LONGS_EQUAL(1, bell.rung.size());
}

TEST(timer, that_dies_leaves_the_wheel) {
  {
    Bell short_lived{now};
    wheel.arm(short_lived, start_ms + 100);
  }

  CHECK(wheel.is_empty());
}

TEST(timer, many_moved_at_random_are_never_early_and_never_100_ms_late) {
  pm::Random random(7);
  std::vector<std::unique_ptr<Bell>> bells;
  std::vector<std::uint64_t> wanted(200);
  std::generate_n(std::back_inserter(bells), 200, [&] { return std::make_unique<Bell>(now); });
  const auto arm = [&](std::size_t i) {
    wanted[i] = now + random.below(150000);
    wheel.arm(*bells[i], wanted[i]);
  };
  for (std::size_t i = 0; i < bells.size(); ++i)
    arm(i);
  for (int move = 0; move < 2000; ++move) {
    walk_to(now + random.below(100), 37);
    const std::size_t i = random.below(bells.size());
    if (bells[i]->is_armed()) arm(i);
  }
  walk_to(now + 151000, 37);

  for (std::size_t i = 0; i < bells.size(); ++i) {
    LONGS_EQUAL(1, bells[i]->rung.size());
    CHECK(bells[i]->rung[0] >= wanted[i] &&
          bells[i]->rung[0] <= wanted[i] + 137);  // the walk's own step
  }
}
