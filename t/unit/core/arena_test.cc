// SPDX-License-Identifier: MIT
#include "core/arena.h"

#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

#include <string>

using namespace pm;

namespace {

struct Witness {
  Witness(std::string& l, char n) : log(l), name(n) {}
  ~Witness() { log += name; }
  std::string& log;
  char name;
};

}  // namespace

TEST_GROUP(arena) {
  BlockPool pool{4096, 2};
  Arena arena{pool};
};

TEST(arena, it_keeps_the_alignment_that_is_asked_for) {
  arena.allocate(1, 1);
  CHECK_EQUAL(0u, reinterpret_cast<std::uintptr_t>(arena.allocate(8, 8)) % 8);
  arena.allocate(3, 1);
  CHECK_EQUAL(0u, reinterpret_cast<std::uintptr_t>(arena.allocate(1)) % alignof(std::max_align_t));
}

TEST(arena, copies_live_until_it_is_cleared) {
  std::string text = "text";
  const std::string_view copy = arena.copy(text);
  text = "gone";

  CHECK_EQUAL(std::string_view("text"), copy);
  CHECK_EQUAL(std::string_view("a/b"), arena.join("a", "/", "b"));
  CHECK_EQUAL(std::string_view(""), arena.copy(""));
  CHECK_EQUAL(std::string_view(""), arena.join("", ""));
}

TEST(arena, destructors_run_last_first) {
  std::string log;
  arena.make<Witness>(log, 'a');
  arena.make<Witness>(log, 'b');

  arena.clear();

  CHECK_EQUAL(std::string("ba"), log);
}

TEST(arena, a_large_piece_leaves_the_open_block_open) {
  auto* before = static_cast<char*>(arena.allocate(16, 1));
  arena.allocate(100'000);
  auto* after = static_cast<char*>(arena.allocate(16, 1));

  CHECK_TRUE(after == before + 16);
  CHECK_EQUAL(1u, pool.lent());
  CHECK_TRUE(arena.bytes_held() > 100'000);
}

TEST(arena, blocks_go_back_to_the_pool) {
  arena.array<char>(1000);
  arena.array<char>(1000);
  arena.array<char>(1000);
  arena.array<char>(1000);
  arena.array<char>(1000);
  CHECK_EQUAL(2u, pool.lent());

  arena.clear();

  CHECK_EQUAL(0u, pool.lent());
  CHECK_EQUAL(0u, arena.bytes_held());
}

TEST(arena, the_newest_piece_can_give_back_its_tail) {
  void* first = arena.allocate(100, 1);

  arena.shrink(first, 100, 10);

  CHECK_TRUE(static_cast<char*>(arena.allocate(1, 1)) == static_cast<char*>(first) + 10);
}
