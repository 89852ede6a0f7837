// SPDX-License-Identifier: MIT
#include "net/alarm.h"

#include <CppUTest/TestHarness.h>
#include <uv.h>

#include <memory>

using namespace pm;
using namespace std::chrono_literals;

TEST_GROUP(alarm) {
  uv_loop_t loop{};
  int rung = 0;

  void setup() override {
    uv_loop_init(&loop);
  }
  void teardown() override {
    uv_run(&loop, UV_RUN_DEFAULT);
    CHECK_EQUAL(0, uv_loop_close(&loop));
  }
};

TEST(alarm, it_rings_once) {
  net::Alarm alarm(&loop, [&] { ++rung; });
  alarm.arm(0ms);

  uv_run(&loop, UV_RUN_DEFAULT);

  CHECK_EQUAL(1, rung);
}

TEST(alarm, a_disarmed_one_is_silent) {
  net::Alarm alarm(&loop, [&] { ++rung; });
  alarm.arm(0ms);
  alarm.disarm();

  uv_run(&loop, UV_RUN_DEFAULT);

  CHECK_EQUAL(0, rung);
}

TEST(alarm, it_may_arm_itself_anew) {
  net::Alarm* self = nullptr;
  net::Alarm alarm(&loop, [&] {
    if (++rung < 3) self->arm(0ms);
  });
  self = &alarm;
  alarm.arm(0ms);

  uv_run(&loop, UV_RUN_DEFAULT);

  CHECK_EQUAL(3, rung);
}

TEST(alarm, it_may_die_while_it_rings) {
  std::unique_ptr<net::Alarm> alarm;
  alarm = std::make_unique<net::Alarm>(&loop, [&] {
    alarm.reset();
    ++rung;
  });
  alarm->arm(0ms);

  uv_run(&loop, UV_RUN_DEFAULT);

  CHECK_EQUAL(1, rung);
}
