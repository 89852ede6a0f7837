// SPDX-License-Identifier: MIT
#include "net/readiness.h"

#include <CppUTest/TestHarness.h>
#include <uv.h>

#include <memory>

#include <fcntl.h>
#include <unistd.h>

using namespace pm;

TEST_GROUP(readiness) {
  uv_loop_t loop{};
  int ends[2] = {-1, -1};
  int told = 0;

  void setup() override {
    uv_loop_init(&loop);
    CHECK_EQUAL(0, pipe2(ends, O_NONBLOCK | O_CLOEXEC));
  }
  void teardown() override {
    uv_run(&loop, UV_RUN_DEFAULT);
    CHECK_EQUAL(0, uv_loop_close(&loop));
    close(ends[0]);
    close(ends[1]);
  }
};

TEST(readiness, it_tells_what_is_wanted) {
  std::unique_ptr<net::Readiness> reader;
  reader = std::make_unique<net::Readiness>(&loop, ends[0], [&](net::Ready ready) {
    told += ready.readable ? 1 : 100;
    reader.reset();  // may die in its own call
  });
  CHECK_TRUE(reader->is_open());
  CHECK_EQUAL(1, write(ends[1], "x", 1));
  reader->want({.readable = true});

  uv_run(&loop, UV_RUN_DEFAULT);

  CHECK_EQUAL(1, told);
}

TEST(readiness, it_is_silent_when_nothing_is_wanted) {
  net::Readiness writer(&loop, ends[1], [&](net::Ready) { ++told; });
  writer.want({.writable = true});
  writer.want({});

  uv_run(&loop, UV_RUN_NOWAIT);

  CHECK_EQUAL(0, told);
}

TEST(readiness, a_plain_file_cannot_be_watched) {
  const int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  net::Readiness none(&loop, file, [&](net::Ready) { ++told; });

  CHECK_FALSE(none.is_open());
  none.want({.readable = true});
  close(file);
}
