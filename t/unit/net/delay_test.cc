// SPDX-License-Identifier: MIT
#include "net/delay.h"

#include <CppUTest/TestHarness.h>

#include <memory>
#include <string>
#include <vector>

using namespace pm::net;

namespace {

struct Bell final : Delay {
  Bell(std::string& log, char mark) : log_(&log), mark_(mark) {}
  void on_delay() noexcept override {
    *log_ += mark_;
    if (again != nullptr) again->set(*this, 0);
    if (kills != nullptr) kills->reset();
  }
  Delays* again = nullptr;
  std::unique_ptr<Bell>* kills = nullptr;
  std::string* log_;
  char mark_;
};

}  // namespace

TEST_GROUP(delay) {
  Delays delays;
  std::string log;
};

TEST(delay, those_that_are_due_ring_in_order_and_once) {
  Bell a(log, 'a');
  Bell b(log, 'b');
  Bell c(log, 'c');
  delays.set(c, 30);
  delays.set(a, 10);
  delays.set(b, 20);

  LONGS_EQUAL(10, delays.next_ms());
  delays.ring(9);
  STRCMP_EQUAL("", log.c_str());
  delays.ring(20);
  STRCMP_EQUAL("ab", log.c_str());
  LONGS_EQUAL(30, delays.next_ms());
  delays.ring(100);
  STRCMP_EQUAL("abc", log.c_str());
  LONGS_EQUAL(0, delays.next_ms());
}

TEST(delay, one_that_is_set_anew_or_stopped_or_dies_does_not_ring_at_its_old_time) {
  Bell a(log, 'a');
  Bell b(log, 'b');
  {
    Bell c(log, 'c');
    delays.set(a, 10);
    delays.set(b, 10);
    delays.set(c, 10);
  }
  delays.set(a, 50);
  b.stop();

  delays.ring(40);
  STRCMP_EQUAL("", log.c_str());
  delays.ring(50);
  STRCMP_EQUAL("a", log.c_str());
}

TEST(delay, one_that_sets_itself_again_at_once_waits_for_the_next_round) {
  Bell a(log, 'a');
  a.again = &delays;
  delays.set(a, 1);

  delays.ring(1);
  STRCMP_EQUAL("a", log.c_str());
  a.again = nullptr;
  delays.ring(1);
  STRCMP_EQUAL("aa", log.c_str());
}

TEST(delay, one_may_destroy_another_that_is_due_too) {
  auto victim = std::make_unique<Bell>(log, 'v');
  Bell a(log, 'a');
  a.kills = &victim;
  delays.set(a, 1);
  delays.set(*victim, 2);

  delays.ring(10);
  STRCMP_EQUAL("a", log.c_str());
}

TEST(delay, the_earliest_of_many_is_always_in_front) {
  std::vector<std::unique_ptr<Bell>> bells;
  std::uint64_t seed = 1;
  for (int i = 0; i < 300; ++i) {
    bells.push_back(std::make_unique<Bell>(log, 'x'));
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    delays.set(*bells.back(), 1 + (seed >> 33U) % 1000);
    if (i % 3 == 0) bells[static_cast<std::size_t>(i) / 2]->stop();
  }
  std::uint64_t last = 0;
  while (delays.next_ms() != 0) {
    CHECK(delays.next_ms() >= last);
    last = delays.next_ms();
    delays.ring(last);
  }
}
