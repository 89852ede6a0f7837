// SPDX-License-Identifier: MIT
#include "process/activation.h"

#include <CppUTest/TestHarness.h>

using namespace pm;
using process::take_passed_sockets;

namespace {

constexpr pid_t self = 4'000'000;

config::Environment environment(std::string pid, std::string count, std::string names = "") {
  return config::Environment({{"LISTEN_PID", std::move(pid)},
                              {"LISTEN_FDS", std::move(count)},
                              {"LISTEN_FDNAMES", std::move(names)}});
}

}  // namespace

TEST_GROUP(activation){};

TEST(activation, what_is_for_another_process_is_not_ours) {
  CHECK_TRUE(take_passed_sockets(environment("4000001", "1"), self).empty());
  CHECK_TRUE(take_passed_sockets(environment("", "1"), self).empty());
  CHECK_TRUE(take_passed_sockets({}, self).empty());
}

TEST(activation, numbers_that_are_none_pass_nothing) {
  for (const char* count : {"0", "-1", "x", "", "99999999", "18446744073709551615"})
    CHECK_TRUE(take_passed_sockets(environment("4000000", count), self).empty());
}
