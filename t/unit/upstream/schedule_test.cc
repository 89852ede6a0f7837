// SPDX-License-Identifier: MIT
#include "upstream/schedule.h"

#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

using pm::upstream::Schedule;

namespace {

using Weights = std::vector<std::int64_t>;

// The next turns as letters; '-' is nobody.
std::string turns(Schedule& schedule, std::size_t count, std::span<const bool> live = {}) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    const auto turn = schedule.next(live);
    text += turn ? static_cast<char>('a' + *turn) : '-';
  }
  return text;
}

std::string turns(const Weights& weights, std::size_t count, std::uint64_t start = 0) {
  Schedule schedule(weights, start);
  return turns(schedule, count);
}

// How far, at any moment of a period, a server is from its fair share, in turns.
double worst_distance(const Weights& weights, std::size_t count, std::uint64_t start) {
  Schedule schedule(weights, start);
  double sum = 0;
  for (const std::int64_t weight : weights)
    sum += static_cast<double>(weight);
  std::vector<double> had(weights.size());
  double worst = 0;
  for (std::size_t turn = 1; turn <= count; ++turn) {
    had[*schedule.next({})] += 1;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const double share = static_cast<double>(weights[i]) * static_cast<double>(turn) / sum;
      worst = std::max(worst, std::abs(had[i] - share));
    }
  }
  return worst;
}

}  // namespace

TEST_GROUP(schedule){};

TEST(schedule, equal_weights_take_plain_turns) {
  CHECK_EQUAL(std::string_view("abcabcabc"), std::string_view(turns({1, 1, 1}, 9)));
  CHECK_EQUAL(std::string_view("ababab"), std::string_view(turns({7, 7}, 6)));
}

TEST(schedule, three_to_one_interleaves_from_the_first_turn_on) {
  CHECK_EQUAL(std::string_view("aaabaaab"), std::string_view(turns({3, 1}, 8)));
}

TEST(schedule, each_period_is_exact) {
  Schedule schedule(Weights{5, 3, 2}, 12345);
  for (int period = 0; period < 4; ++period) {
    const std::string ten = turns(schedule, 10);
    LONGS_EQUAL(5, std::count(ten.begin(), ten.end(), 'a'));
    LONGS_EQUAL(3, std::count(ten.begin(), ten.end(), 'b'));
    LONGS_EQUAL(2, std::count(ten.begin(), ten.end(), 'c'));
  }
}

TEST(schedule, nobody_is_ever_far_from_his_share) {
  CHECK(worst_distance({5, 3, 2}, 1000, 0) < 2.0);
  CHECK(worst_distance({100, 1, 1}, 1000, 99) < 2.0);
  CHECK(worst_distance({65537, 40000, 3}, 200000, 7) < 2.0);
}

TEST(schedule, weights_of_zero_and_below_get_no_turn) {
  CHECK_EQUAL(std::string_view("aaa"), std::string_view(turns({1, 0, -3}, 3)));
  CHECK_EQUAL(std::string_view("---"), std::string_view(turns({0, 0}, 3)));
  CHECK_EQUAL(std::string_view("--"), std::string_view(turns({}, 2)));
}

TEST(schedule, a_server_that_is_down_is_passed_over) {
  Schedule schedule(Weights{1, 1, 1}, 0);
  const bool live[] = {true, false, true};

  CHECK_EQUAL(std::string_view("acacac"), std::string_view(turns(schedule, 6, live)));
}

TEST(schedule, nobody_has_a_turn_when_all_are_down) {
  Schedule schedule(Weights{1, 1}, 0);
  const bool live[] = {false, false};

  CHECK_EQUAL(std::string_view("--"), std::string_view(turns(schedule, 2, live)));
  CHECK_EQUAL(std::string_view("ab"), std::string_view(turns(schedule, 2)));
}

TEST(schedule, a_live_server_without_weight_is_nobody) {
  Schedule schedule(Weights{1, 0}, 0);
  const bool live[] = {false, true};

  CHECK_EQUAL(std::string_view("-"), std::string_view(turns(schedule, 1, live)));
}

TEST(schedule, a_long_period_is_exact_too) {
  Schedule schedule(Weights{65536, 1}, 0);
  std::size_t second = 0;
  for (int i = 0; i < 65537; ++i)
    second += *schedule.next({}) == 1 ? 1 : 0;

  LONGS_EQUAL(1, second);
}

TEST(schedule, workers_do_not_all_begin_with_one_server) {
  std::string firsts;
  for (std::uint64_t start = 1; start < 50; ++start)
    firsts += turns({1, 1, 1}, 1, start);

  CHECK(firsts.find('a') != std::string::npos && firsts.find('b') != std::string::npos &&
        firsts.find('c') != std::string::npos);
}

TEST(schedule, those_who_share_a_cursor_keep_one_order) {
  std::atomic<std::uint64_t> cursor = 0;
  Schedule here(Weights{5, 3, 2}, 7, &cursor);
  Schedule there(Weights{5, 3, 2}, 7, &cursor);

  std::string both;
  for (int i = 0; i < 10; ++i) {
    both += turns(here, 1);
    both += turns(there, 2);
  }

  CHECK_EQUAL(std::string_view(turns({5, 3, 2}, 30, 7)), std::string_view(both));
  CHECK_EQUAL(30u, cursor.load());
}

TEST(schedule, a_turn_of_nobody_moves_the_shared_cursor_behind_the_next_live_one) {
  std::atomic<std::uint64_t> cursor = 0;
  Schedule schedule(Weights{1, 1, 1, 1}, 0, &cursor);
  const bool live[] = {false, false, true, true};

  CHECK_EQUAL(std::string_view("c"), std::string_view(turns(schedule, 1, live)));
  CHECK_EQUAL(3u, cursor.load());
  CHECK_EQUAL(std::string_view("dcdc"), std::string_view(turns(schedule, 4, live)));
}

TEST(schedule, a_shared_cursor_beyond_the_period_goes_on_where_it_stands) {
  std::atomic<std::uint64_t> cursor = 3'000'000'001;
  Schedule schedule(Weights{1, 1, 1}, 0, &cursor);

  CHECK_EQUAL(std::string_view("bca"), std::string_view(turns(schedule, 3)));
}

TEST(schedule, a_live_server_without_weight_is_nobody_where_turns_are_shared_too) {
  std::atomic<std::uint64_t> cursor = 0;
  Schedule schedule(Weights{1, 0}, 0, &cursor);
  const bool live[] = {false, true};

  CHECK_EQUAL(std::string_view("-"), std::string_view(turns(schedule, 1, live)));
}

TEST(schedule, a_long_period_does_not_touch_a_shared_cursor) {
  std::atomic<std::uint64_t> cursor = 0;
  Schedule schedule(Weights{65536, 1}, 0, &cursor);

  turns(schedule, 3);

  CHECK_EQUAL(0u, cursor.load());
}
