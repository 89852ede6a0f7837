// SPDX-License-Identifier: MIT
#include "shm/ticket_keys.h"

#include "shm/twofold.h"

#include <CppUTest/TestHarness.h>

using namespace pm;

TEST_GROUP(ticket_keys) {
  shm::TicketKeys keys = std::move(shm::TicketKeys::create()).value();

  shm::TicketRing ring() {
    shm::TicketRing now;
    CHECK_TRUE(keys.load(now));
    return now;
  }
};

TEST(ticket_keys, there_is_one_secret_from_the_start) {
  const shm::TicketRing now = ring();

  CHECK_EQUAL(1u, now.count);
  const std::array<std::uint8_t, 32> zeros{};
  CHECK_TRUE(now.secrets[0].secret != zeros);
  CHECK_TRUE(now.secrets[1].secret == zeros);
}

TEST(ticket_keys, a_rotation_keeps_the_two_before_it) {
  const shm::TicketRing first = ring();
  keys.rotate();
  keys.rotate();
  const shm::TicketRing third = ring();
  CHECK_EQUAL(3u, third.count);
  CHECK_TRUE(third.secrets[2].secret == first.secrets[0].secret);

  keys.rotate();
  const shm::TicketRing fourth = ring();
  CHECK_EQUAL(3u, fourth.count);
  CHECK_TRUE(fourth.secrets[1].name == third.secrets[0].name);
  CHECK_TRUE(fourth.secrets[2].secret == third.secrets[1].secret);
  CHECK_TRUE(fourth.generation != third.generation);
}

TEST(ticket_keys, a_damaged_count_is_never_more_than_there_are) {
  shm::TicketRing damaged = ring();
  damaged.count = 1000;
  static_cast<shm::Twofold<shm::TicketRing>*>(keys.zone().data())->store(damaged);

  CHECK_EQUAL(3u, ring().count);
}
