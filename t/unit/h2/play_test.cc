// SPDX-License-Identifier: MIT
#include "t/lib/h2_play.h"
#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

#include <string>

namespace {

using pm::test::Choices;
using pm::test::H2Play;

// The first seed whose play goes wrong, and how; "" when none does.
std::string first_failure(std::uint64_t from, std::uint64_t to) {
  for (std::uint64_t seed = from; seed < to; ++seed) {
    const std::string failure = H2Play(Choices(seed)).run();
    if (!failure.empty()) return "seed " + std::to_string(seed) + ": " + failure;
  }
  return "";
}

}  // namespace

TEST_GROUP(h2_play){};

TEST(h2_play, whatever_happens_nobody_is_forgotten_and_nobody_gets_a_byte_that_is_not_his) {
  CHECK_EQUAL(std::string_view(), std::string_view(first_failure(0, 300)));
}
