// SPDX-License-Identifier: MIT
#include "net/loop.h"

#include "net/readiness.h"

#include <CppUTest/TestHarness.h>
#include <uv.h>

#include <array>
#include <functional>
#include <memory>

#include <fcntl.h>
#include <unistd.h>

using namespace pm;

namespace {

// Does what it is told in each turn in which it is on the ready list.
struct Doer final : net::Watch {
  explicit Doer(std::function<void()> what) : work(std::move(what)) {}
  void on_event(const net::Event&) noexcept override { ++events; }
  void on_turn() noexcept override { work(); }
  std::function<void()> work;
  int events = 0;
};

}  // namespace

TEST_GROUP(loop) {
  uv_loop_t uv{};
  uv_timer_t timer{};
  std::unique_ptr<net::Loop> loop;
  std::array<int, 2> ends{-1, -1};
  int told = 0;

  void setup() override {
    alarm(60);  // a sleep that nothing ends is a failure
    uv_loop_init(&uv);
    CHECK_EQUAL(0, pipe2(ends.data(), O_NONBLOCK | O_CLOEXEC));
    loop = net::Loop::create(&uv).value();
  }
  void teardown() override {
    loop.reset();
    uv_run(&uv, UV_RUN_DEFAULT);
    CHECK_EQUAL(0, uv_loop_close(&uv));
    close(ends[0]);
    close(ends[1]);
    alarm(0);
  }
  void rounds_until_told() {
    for (int i = 0; told == 0 && i < 10; ++i)
      loop->round();
    CHECK_EQUAL(1, told);
  }
};

TEST(loop, what_libuv_was_told_to_watch_before_the_first_round_is_heard) {
  net::Readiness reader(&uv, ends[0], [this](net::Ready) { ++told; });
  reader.want({.readable = true});
  CHECK_EQUAL(1, write(ends[1], "x", 1));

  rounds_until_told();
}

TEST(loop, what_a_turn_tells_libuv_to_watch_is_heard) {
  net::Readiness reader(&uv, ends[0], [this](net::Ready) { ++told; });
  Doer doer([&] {
    reader.want({.readable = true});
    CHECK_EQUAL(1, write(ends[1], "x", 1));
  });
  loop->round();
  loop->reactor().queue(doer);
  loop->turn();

  rounds_until_told();
}

TEST(loop, a_timer_of_libuv_ends_the_sleep) {
  uv_timer_init(&uv, &timer);
  timer.data = &told;
  uv_timer_start(
      &timer, [](uv_timer_t* handle) { ++*static_cast<int*>(handle->data); }, 1, 0);

  rounds_until_told();

  uv_close(reinterpret_cast<uv_handle_t*>(&timer), nullptr);
}

TEST(loop, nobody_sleeps_while_a_watch_has_work_left) {
  std::unique_ptr<Doer> doer;
  doer = std::make_unique<Doer>([&] {
    if (++told < 100) loop->reactor().queue(*doer);
  });
  loop->round();
  loop->reactor().queue(*doer);
  loop->turn();

  while (told < 100)
    loop->round();
}

TEST(loop, an_event_ends_the_sleep_and_is_told_once) {
  Doer doer([] {});
  CHECK_EQUAL(0, loop->kernel().watch_level(ends[0], &doer));
  loop->round();
  CHECK_EQUAL(1, write(ends[1], "x", 1));

  loop->round();

  CHECK_EQUAL(1, doer.events);
}
