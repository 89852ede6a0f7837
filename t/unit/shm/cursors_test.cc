// SPDX-License-Identifier: MIT
#include "shm/cursors.h"

#include <CppUTest/TestHarness.h>

#include <unistd.h>

using namespace pm;

TEST_GROUP(cursors) {
  shm::Cursors cursors = std::move(shm::Cursors::create(128)).value();
};

TEST(cursors, an_identity_leads_to_one_word) {
  const shm::Cursor first = cursors.find(77);
  first.turns->fetch_add(5);

  CHECK_EQUAL(5u, cursors.find(77).turns->load());
  CHECK_EQUAL(first.start, cursors.find(77).start);
}

TEST(cursors, others_have_words_of_their_own) {
  const shm::Cursor first = cursors.find(77);
  const shm::Cursor neighbour = cursors.find(77 + 128);

  CHECK_TRUE(first.turns != neighbour.turns);
  CHECK_TRUE(first.start != neighbour.start);
  CHECK_EQUAL(0u, neighbour.turns->load());
}

TEST(cursors, a_full_table_turns_away_and_says_so) {
  for (std::uint64_t i = 0; i < 64; ++i)
    cursors.find(77 + i * 128);

  CHECK_TRUE(cursors.find(77 + 64 * 128).turns == nullptr);
  CHECK_TRUE(cursors.find(77 + 63 * 128).turns != nullptr);
  CHECK_EQUAL(1u, cursors.turned_away());
}

TEST(cursors, the_next_program_goes_on_where_this_one_is) {
  const shm::Cursor here = cursors.find(77);
  here.turns->store(9);

  auto next = shm::Cursors::attach(dup(cursors.zone().fd()), 128);

  CHECK_EQUAL(9u, next.value().find(77).turns->load());
  CHECK_EQUAL(here.start, next.value().find(77).start);
}
