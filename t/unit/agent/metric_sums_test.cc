// SPDX-License-Identifier: MIT
#include "agent/metric_sums.h"

#include <CppUTest/TestHarness.h>

using namespace pm;
using namespace pm::agent;
namespace kind = observe::kind;

namespace {

constexpr std::uint32_t present = 77;

void put(shm::Slab slab, const shm::SeriesId& id, std::vector<std::uint64_t> values) {
  shm::Cell* cells = slab.append(id, static_cast<std::uint32_t>(values.size()));
  for (std::size_t i = 0; i < values.size(); ++i)
    shm::put(cells[i], values[i]);
}

std::string text_of(const Sum& sum) {
  std::string text = std::to_string(sum.kind) + "/" + std::to_string(sum.labels) + " " + sum.name;
  for (const std::uint64_t cell : sum.cells)
    text += " " + std::to_string(cell);
  return text;
}

}  // namespace

TEST_GROUP(metric_sums) {
  shm::Slabs slabs = std::move(shm::Slabs::create(2, 4096)).value();
};

TEST(metric_sums, adds_what_all_processes_have_counted_and_sorts_it) {
  put(slabs.slab(0), {.kind = kind::retries, .name = "b"}, {1});
  put(slabs.slab(0), {.kind = kind::retries, .name = "a"}, {2});
  put(slabs.slab(1), {.kind = kind::retries, .name = "b"}, {4});
  put(slabs.of_master(), {.kind = kind::process}, {8});
  put(slabs.of_agent(), {.kind = kind::process}, {16});
  put(slabs.slab(1), {.kind = kind::retries, .labels = 3, .name = "a"}, {32});

  const auto sums = sum_up(slabs, present);

  CHECK_EQUAL(4u, sums.size());
  CHECK_EQUAL(std::string("10/0 a 2"), text_of(sums[0]));
  CHECK_EQUAL(std::string("10/3 a 32"), text_of(sums[1]));
  CHECK_EQUAL(std::string("10/0 b 5"), text_of(sums[2]));
  CHECK_EQUAL(std::string("13/0  24"), text_of(sums[3]));
}

TEST(metric_sums, of_requests_with_other_limits_only_the_counts_are_added) {
  put(slabs.slab(0), {.kind = kind::requests, .shape = 5, .name = "web"}, {1, 2, 3, 4, 5, 6, 7});
  put(slabs.slab(0), {.kind = kind::requests, .shape = present, .name = "web"},
      {10, 20, 30, 40, 50, 60});

  const auto sums = sum_up(slabs, present);

  CHECK_EQUAL(1u, sums.size());
  CHECK_EQUAL(std::string("1/0 web 11 22 33 40 50 60"), text_of(sums[0]));
}

TEST(metric_sums, texts_that_run_together_are_told_apart) {
  put(slabs.slab(0), {.kind = kind::failures, .name = "ab", .extra = "c"}, {1});
  put(slabs.slab(0), {.kind = kind::failures, .name = "a", .extra = "bc"}, {1});

  CHECK_EQUAL(2u, sum_up(slabs, present).size());
}
