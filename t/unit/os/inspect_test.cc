// SPDX-License-Identifier: MIT
#include "os/inspect.h"

#include "t/lib/table.h"

#include <CppUTest/TestHarness.h>

#include <string>

#include <unistd.h>

using namespace pm;

namespace {

std::string started(std::string_view stat) {
  const auto ticks = os::parse_start_time(stat);
  return ticks ? std::to_string(*ticks) : "none";
}

}  // namespace

TEST_GROUP(inspect){};

TEST(inspect, the_start_time_is_found_behind_any_name) {
  static constexpr Row rows[] = {
      {"1 (a) S 1 1 1 0 -1 4 0 0 0 0 0 0 0 0 20 0 1 0 777 1 2", "777"},
      {"1 (a) b) (c) S 1 1 1 0 -1 4 0 0 0 0 0 0 0 0 20 0 1 0 778 1 2", "778"},
      {"1 (a) S 1 1", "none"},
      {"1 (a)", "none"},
      {"", "none"},
  };
  check_rows(rows, started);
}

TEST(inspect, this_process_has_a_name_and_a_start) {
  CHECK_TRUE(os::start_time(::getpid()).has_value());
  CHECK_FALSE(os::process_name(::getpid()).empty());
}

TEST(inspect, a_process_that_is_not_there_has_neither) {
  CHECK_FALSE(os::start_time(0x7ffffff0).has_value());
  CHECK_TRUE(os::process_name(0x7ffffff0).empty());
}
