// SPDX-License-Identifier: MIT
#include "shm/health.h"

#include <CppUTest/TestHarness.h>

#include <array>
#include <vector>

#include <fcntl.h>

using namespace pm;
using shm::ServerState;

TEST_GROUP(health) {
  shm::Health health = std::move(shm::Health::create(64)).value();
  std::uint64_t one = health.key("app@file", "http://10.0.0.1");
  std::uint64_t two = health.key("app@file", "http://10.0.0.2");

  ServerState after_set(std::uint64_t key, ServerState state) {
    CHECK_TRUE(health.set(key, state));
    return health.state(key);
  }
};

TEST(health, nothing_is_known_of_a_server_at_first) {
  CHECK_TRUE(health.state(one) == ServerState::unknown);
}

TEST(health, a_state_is_that_of_one_server_of_one_service) {
  CHECK_TRUE(after_set(one, ServerState::down) == ServerState::down);
  CHECK_TRUE(health.state(two) == ServerState::unknown);
  CHECK_TRUE(health.state(health.key("other@file", "http://10.0.0.1")) == ServerState::unknown);
  CHECK_TRUE(health.key("a", "bc") != health.key("ab", "c"));
}

TEST(health, the_version_moves_with_each_change_and_with_nothing_else) {
  const std::uint64_t first = health.version();
  health.set(one, ServerState::up);
  const std::uint64_t second = health.version();
  health.set(one, ServerState::up);
  const std::uint64_t third = health.version();
  health.set(one, ServerState::down);

  CHECK_TRUE(first != second);
  CHECK_EQUAL(second, third);
  CHECK_TRUE(health.version() != third);
}

TEST(health, who_is_not_kept_is_forgotten_and_leaves_his_place_to_others) {
  health.set(one, ServerState::down);
  health.set(two, ServerState::down);
  health.keep_only(std::array{two});

  CHECK_TRUE(health.state(one) == ServerState::unknown);
  CHECK_TRUE(health.state(two) == ServerState::down);
  CHECK_TRUE(after_set(one, ServerState::up) == ServerState::up);
}

TEST(health, a_full_table_takes_no_more_and_keeps_what_it_has) {
  std::size_t taken = 0;
  for (std::uint64_t key = 100; key < 200; ++key)
    taken += health.set(key, ServerState::down) ? 1 : 0;

  CHECK_EQUAL(64u, taken);
  CHECK_TRUE(health.state(100) == ServerState::down);
  CHECK_TRUE(health.state(199) == ServerState::unknown);
}

TEST(health, places_are_used_again_however_often_servers_come_and_go) {
  for (std::uint64_t key = 100; key < 10000; ++key) {
    CHECK_TRUE(health.set(key, ServerState::down));
    CHECK_TRUE(health.state(key) == ServerState::down);
    health.keep_only({});
    CHECK_TRUE(health.state(key) == ServerState::unknown);
  }
}

TEST(health, another_writer_turns_the_one_before_it_passive) {
  health.set(one, ServerState::down);
  auto next =
      std::move(shm::Health::attach(::fcntl(health.zone().fd(), F_DUPFD_CLOEXEC, 3), 64)).value();
  CHECK_TRUE(next.state(one) == ServerState::down);
  CHECK_TRUE(next.set(one, ServerState::up));

  CHECK_FALSE(health.set(one, ServerState::down));
  CHECK_TRUE(health.state(one) == ServerState::up);
}

TEST(health, a_zone_of_another_size_is_not_taken) {
  const int fd = ::fcntl(health.zone().fd(), F_DUPFD_CLOEXEC, 3);
  CHECK_FALSE(shm::Health::attach(fd, 128).has_value());
  ::close(fd);
}
