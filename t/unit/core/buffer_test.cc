// SPDX-License-Identifier: MIT
#include "core/buffer.h"

#include "core/random.h"
#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

#include <algorithm>
#include <array>
#include <string>

using namespace pm;

TEST_GROUP(byte_queue) {
  BytePools pools;
  ByteQueue queue;

  void teardown() override {
    queue.clear(pools);
    LONGS_EQUAL(0, pools.small.lent() + pools.large.lent());
  }
  std::string content() const {
    std::array<std::string_view, 64> slices;
    std::string text;
    for (std::size_t i = 0, count = queue.front(slices); i < count; ++i)
      text += slices[i];
    return text;
  }
};

TEST(byte_queue, little_takes_a_small_block) {
  queue.append(pools, "a little");

  CHECK_EQUAL(std::string_view("a little"), content());
  LONGS_EQUAL(1, pools.small.lent());
  LONGS_EQUAL(0, pools.large.lent());
}

TEST(byte_queue, much_takes_large_ones) {
  const std::string text(40000, 'x');

  queue.append(pools, text);

  CHECK_TRUE(content() == text);
  LONGS_EQUAL(0, pools.small.lent());
  LONGS_EQUAL(3, pools.large.lent());
}

TEST(byte_queue, what_comes_in_small_pieces_goes_on_in_large_blocks) {
  for (int i = 0; i < 200; ++i)
    queue.append(pools, std::string(100, static_cast<char>('a' + i % 26)));

  LONGS_EQUAL(20000, queue.size());
  LONGS_EQUAL(1, pools.small.lent());
  LONGS_EQUAL(1, pools.large.lent());
}

TEST(byte_queue, blocks_go_back_as_their_bytes_go) {
  queue.append(pools, std::string(4000, 'a'));
  queue.append(pools, std::string(1000, 'b'));

  queue.consume(pools, 4080);

  LONGS_EQUAL(0, pools.small.lent());
  LONGS_EQUAL(1, pools.large.lent());
  CHECK_TRUE(content() == std::string(920, 'b'));
}

TEST(byte_queue, it_is_first_in_first_out_whatever_the_sizes) {
  Random random(1);
  std::string expected;
  for (int i = 0; i < 2000; ++i) {
    if (random.below(2) == 0) {
      const std::string piece(random.below(random.below(10) == 0 ? 40000 : 300),
                              static_cast<char>('a' + i % 26));
      queue.append(pools, piece);
      expected += piece;
    } else {
      const std::size_t count = std::min<std::size_t>(random.below(20000), expected.size());
      queue.consume(pools, count);
      expected.erase(0, count);
    }
    LONGS_EQUAL(expected.size(), queue.size());
    if (queue.size() < 100000) CHECK_TRUE(content() == expected);
  }
}
