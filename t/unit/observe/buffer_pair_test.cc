// SPDX-License-Identifier: MIT
#include "observe/buffer_pair.h"

#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <string>
#include <thread>

using namespace pm::observe;

TEST_GROUP(buffer_pair) {
  BufferPair pair;

  LogBuffer* offered() {
    LogBuffer* buffer = pair.take_spare();
    pair.offer(buffer);
    return buffer;
  }
};

TEST(buffer_pair, has_two_buffers) {
  CHECK(pair.take() != pair.take());
  POINTERS_EQUAL(nullptr, pair.take());
}

TEST(buffer_pair, gives_the_writer_what_was_offered_first) {
  LogBuffer* first = offered();
  LogBuffer* second = offered();

  POINTERS_EQUAL(first, pair.take_oldest());
  POINTERS_EQUAL(second, pair.take_oldest());
  POINTERS_EQUAL(nullptr, pair.take_oldest());
}

TEST(buffer_pair, keeps_the_order_when_a_buffer_comes_round_again) {
  LogBuffer* first = offered();
  LogBuffer* second = offered();
  pair.give_back(pair.take_oldest());
  POINTERS_EQUAL(first, offered());

  POINTERS_EQUAL(second, pair.take_oldest());
  POINTERS_EQUAL(first, pair.take_oldest());
}

TEST(buffer_pair, lets_the_filler_go_on_with_the_younger_one) {
  LogBuffer* first = offered();
  LogBuffer* second = offered();

  POINTERS_EQUAL(second, pair.take());
  pair.offer(second);
  POINTERS_EQUAL(first, pair.take_oldest());
}

TEST(buffer_pair, can_leave_what_lies_ready) {
  LogBuffer* first = offered();

  CHECK(pair.take_spare_first() != first);
  POINTERS_EQUAL(first, pair.take_spare_first());
}

TEST(buffer_pair, knows_when_all_is_written) {
  CHECK(pair.is_all_written());
  offered();
  CHECK_FALSE(pair.is_all_written());
  LogBuffer* taken = pair.take_oldest();
  CHECK_FALSE(pair.has_ready());
  CHECK_FALSE(pair.is_all_written());
  pair.give_back(taken);
  CHECK(pair.is_all_written());
}

// One fills with numbers, one writes: each number comes out once, in order.
TEST(buffer_pair, loses_nothing_between_two_threads) {
  constexpr std::uint32_t numbers = 200000;
  std::atomic<bool> is_done{false};
  std::uint32_t next = 0;
  bool is_ordered = true;
  const auto write = [&](LogBuffer* buffer) {
    const std::string_view text = buffer->text();
    for (std::size_t at = 0; at < text.size(); at += sizeof next) {
      is_ordered &= std::memcmp(text.data() + at, &next, sizeof next) == 0;
      ++next;
    }
    pair.give_back(buffer);
  };
  std::thread writer([&] {
    while (!is_done.load() || pair.has_ready()) {
      if (LogBuffer* buffer = pair.take_oldest(); buffer != nullptr) write(buffer);
    }
  });

  for (std::uint32_t i = 0; i < numbers;) {
    LogBuffer* buffer = i % 3 == 0 ? pair.take_spare_first() : pair.take();
    if (buffer == nullptr) continue;
    const std::uint32_t end = std::min(numbers, i + 1 + i % 5);
    for (char* room = buffer->room(sizeof i); i < end && room != nullptr;
         room = buffer->room(sizeof i)) {
      std::memcpy(room, &i, sizeof i);
      buffer->add_line(sizeof i);
      ++i;
    }
    pair.offer(buffer);
  }
  is_done.store(true);
  writer.join();

  LONGS_EQUAL(numbers, next);
  CHECK(is_ordered);
}
