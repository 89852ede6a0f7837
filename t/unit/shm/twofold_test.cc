// SPDX-License-Identifier: MIT
#include "shm/twofold.h"

#include <CppUTest/TestHarness.h>

#include <array>
#include <atomic>
#include <thread>

using namespace pm;

namespace {

using Value = std::array<std::uint64_t, 32>;

Value filled(std::uint64_t word) {
  Value value;
  value.fill(word);
  return value;
}

}  // namespace

TEST_GROUP(twofold) {
  shm::Twofold<Value> fact{};
  Value seen = filled(99);
};

TEST(twofold, zeros_come_before_the_first_store) {
  CHECK_TRUE(fact.load(seen));
  CHECK_TRUE(seen == filled(0));
}

TEST(twofold, the_last_store_is_what_is_read) {
  fact.store(filled(1));
  fact.store(filled(2));
  fact.store(filled(3));

  CHECK_TRUE(fact.load(seen));
  CHECK_TRUE(seen == filled(3));
}

TEST(twofold, a_reader_never_sees_half_a_value_nor_goes_back) {
  std::atomic<bool> done{false};
  std::thread writer([&] {
    for (std::uint64_t i = 1; i <= 300'000; ++i)
      fact.store(filled(i));
    done = true;
  });
  std::uint64_t last = 0;
  bool good = true;
  while (!done) {
    if (!fact.load(seen)) continue;
    good = good && seen == filled(seen[0]) && seen[0] >= last;
    last = seen[0];
  }
  writer.join();

  CHECK_TRUE(good);
  CHECK_TRUE(fact.load(seen));
  CHECK_EQUAL(300'000u, seen[31]);
}
