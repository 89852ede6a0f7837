// SPDX-License-Identifier: MIT
#include "t/lib/supervised.h"

#include <CppUTest/TestHarness.h>

#include <csignal>

#include <unistd.h>

using pm::test::Supervised;

TEST_GROUP(supervised) {
  int made = 0;

  Supervised run(const std::function<void(const std::string&)>& what) {
    const auto make = [this] {
      return std::to_string(++made);
    };
    return pm::test::supervise(make, what, std::chrono::seconds(1));
  }
};

TEST(supervised, the_input_that_a_signal_came_with_is_known) {
  const Supervised done = run([](const std::string& input) {
    if (input == "7") std::raise(SIGKILL);
  });

  CHECK_EQUAL(std::string("7"), done.failing);
  CHECK_EQUAL(std::string("ended by signal 9"), done.fault);
  CHECK_EQUAL(7u, done.inputs);
}

TEST(supervised, an_exit_is_a_failure_too) {
  const Supervised done = run([](const std::string& input) {
    if (input == "3") _exit(99);
  });

  CHECK_EQUAL(std::string("3"), done.failing);
  CHECK_EQUAL(std::string("exit status 99"), done.fault);
}

TEST(supervised, time_that_is_up_is_an_end_in_peace) {
  const Supervised done = run([](const std::string&) {});

  CHECK_EQUAL(std::string(""), done.fault);
  CHECK_TRUE(done.inputs > 0);
}
