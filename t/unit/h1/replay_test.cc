// SPDX-License-Identifier: MIT
#include "t/lib/replay.h"

#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>
#include <fmt/format.h>

#include <string>

namespace {

using pm::test::Choices;
using pm::test::Weather;
using pm::test::World;

// The first seed whose world goes wrong, and how; "" when none does.
std::string first_failure(Weather weather, std::uint64_t from, std::uint64_t to) {
  for (std::uint64_t seed = from; seed < to; ++seed) {
    const std::string failure = World(Choices(seed), weather).run();
    if (!failure.empty()) return fmt::format("seed {}: {}", seed, failure);
  }
  return "";
}

}  // namespace

TEST_GROUP(replay){};

TEST(replay, in_clear_weather_every_request_gets_its_whole_answer) {
  CHECK_EQUAL(std::string_view(), std::string_view(first_failure(Weather::clear, 0, 300)));
}

TEST(replay, in_rough_weather_nobody_gets_a_byte_that_is_not_his) {
  CHECK_EQUAL(std::string_view(), std::string_view(first_failure(Weather::rough, 0, 300)));
}
