// SPDX-License-Identifier: MIT
#include "h2/memory.h"

#include "core/random.h"

#include <CppUTest/TestHarness.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

using namespace pm;
using h2::LibraryMemory;

TEST_GROUP(h2_memory) {
  LibraryMemory memory;
  nghttp2_mem& calls = memory.calls();

  void* take(std::size_t size) {
    return calls.malloc(size, calls.mem_user_data);
  }
  void* resize(void* piece, std::size_t size) {
    return calls.realloc(piece, size, calls.mem_user_data);
  }
  void give(void* piece) {
    calls.free(piece, calls.mem_user_data);
  }
};

TEST(h2_memory, nothing_is_lent_when_all_is_back) {
  for (const std::size_t size : {0, 1, 16, 17, 1024, 1025, 100000})
    give(take(size));
  give(nullptr);

  LONGS_EQUAL(0, memory.lent());
}

TEST(h2_memory, zeroed_means_the_whole_piece) {
  void* const used = take(200);
  std::memset(used, 'x', 200);
  give(used);

  void* const piece = calls.calloc(20, 10, calls.mem_user_data);

  CHECK_TRUE(std::string(200, '\0') == std::string(static_cast<char*>(piece), 200));
  give(piece);
}

TEST(h2_memory, sizes_that_do_not_exist_are_refused) {
  POINTERS_EQUAL(nullptr, take(SIZE_MAX));
  POINTERS_EQUAL(nullptr, calls.calloc(SIZE_MAX / 2, 3, calls.mem_user_data));
  void* const piece = take(10);
  POINTERS_EQUAL(nullptr, resize(piece, SIZE_MAX));
  give(piece);
}

#ifndef __SANITIZE_ADDRESS__
TEST(h2_memory, a_piece_of_the_same_step_is_used_again) {
  void* const first = take(200);
  give(first);
  LONGS_EQUAL(208, memory.listed_bytes());

  POINTERS_EQUAL(first, take(193));

  LONGS_EQUAL(0, memory.listed_bytes());
  give(first);
  memory.trim();
  LONGS_EQUAL(0, memory.listed_bytes());
}

TEST(h2_memory, only_so_much_is_kept) {
  std::vector<void*> pieces;
  for (int i = 0; i < 2000; ++i)
    pieces.push_back(take(1024));
  for (void* piece : pieces)
    give(piece);

  CHECK(memory.listed_bytes() <= 1 << 20);
}
#endif

TEST(h2_memory, pieces_keep_their_bytes_through_every_size) {
  struct Piece {
    char* at;
    std::string bytes;
  };
  Random random(1);
  std::vector<Piece> pieces;
  const auto size = [&random] {
    return random.below(random.below(4) == 0 ? 5000 : 300);
  };
  for (int i = 0; i < 20000; ++i) {
    const bool makes = pieces.size() < 10 || (pieces.size() < 100 && random.below(3) == 0);
    if (makes) {
      const std::string bytes(size(), static_cast<char>('a' + i % 26));
      pieces.push_back({static_cast<char*>(take(bytes.size())), bytes});
      std::memcpy(pieces.back().at, bytes.data(), bytes.size());
      continue;
    }
    Piece& piece = pieces[random.below(pieces.size())];
    CHECK_TRUE(std::string_view(piece.at, piece.bytes.size()) == piece.bytes);
    if (random.below(2) == 0) {
      give(piece.at);
      piece = pieces.back();
      pieces.pop_back();
      continue;
    }
    const std::size_t wanted = size();
    const std::size_t kept = std::min(wanted, piece.bytes.size());
    piece.at = static_cast<char*>(resize(piece.at, wanted));
    CHECK_TRUE(std::string_view(piece.at, kept) == piece.bytes.substr(0, kept));
    piece.bytes.assign(wanted, static_cast<char>('A' + i % 26));
    std::memcpy(piece.at, piece.bytes.data(), wanted);
  }
  for (const Piece& piece : pieces)
    give(piece.at);
  LONGS_EQUAL(0, memory.lent());
}
