// SPDX-License-Identifier: MIT
#include "t/lib/upstream_trial.h"
#include "upstream/pool.h"

#include <CppUTest/TestHarness.h>

#include <deque>
#include <memory>

using pm::test::PlayedClient;
using pm::test::PlayedMany;
using pm::test::UpstreamTrial;
using pm::upstream::Target;
using pm::upstream::TransportSettings;

namespace {

struct Tried final : pm::http::Attempt {
  void on_failed(pm::http::Exchange&, const Failure&) noexcept override {}
};

}  // namespace

// Connections that carry several exchanges at once.
TEST_GROUP(pool_shared) {
  std::unique_ptr<UpstreamTrial> trial;
  std::deque<PlayedClient> clients;
  Tried tried;

  void make(TransportSettings settings = {}, std::uint32_t limit = 100) {
    trial = std::make_unique<UpstreamTrial>(settings);
    trial->limit = limit;
  }
  void teardown() override {
    trial->loop->turn();
    for (PlayedMany* connection : trial->many) {
      if (connection != nullptr) connection->answer_all(200);
    }
    clients.clear();
    trial->pool->close_idle();
    trial->loop->turn();
    LONGS_EQUAL(0, trial->pool->open());
    LONGS_EQUAL(0, trial->kernel.open_sockets());
    trial.reset();
  }
  Target& target() {
    return trial->h2c_target();
  }
  PlayedMany* open() {
    return trial->open_many(target());
  }
  PlayedMany* take() {
    return static_cast<PlayedMany*>(trial->pool->take(target()));
  }
  pm::http::Exchange& begin(PlayedMany & on) {
    pm::http::Exchange& exchange = *clients.emplace_back(trial->blocks).exchange;
    on.begin(exchange, tried, {});
    return exchange;
  }
  // Takes a connection and begins on it, as Forward does.
  PlayedMany* use() {
    PlayedMany* connection = take();
    if (connection != nullptr) begin(*connection);
    return connection;
  }
  PlayedMany* idle() {
    PlayedMany* connection = open();
    connection->answer(begin(*connection), 200);
    return connection;
  }
};

TEST(pool_shared, a_connection_is_given_while_it_carries_others) {
  make();
  PlayedMany* connection = open();
  begin(*connection);

  POINTERS_EQUAL(connection, use());
  POINTERS_EQUAL(connection, use());

  LONGS_EQUAL(3, connection->begun);
  LONGS_EQUAL(1, target().open);
}

TEST(pool_shared, a_full_connection_is_not_given_until_there_is_room) {
  make({}, 2);
  PlayedMany* connection = open();
  pm::http::Exchange& first = begin(*connection);
  use();
  POINTERS_EQUAL(nullptr, take());

  connection->answer(first, 200);

  POINTERS_EQUAL(connection, use());
  POINTERS_EQUAL(nullptr, take());
}

TEST(pool_shared, a_connection_of_one_place_is_given_when_it_is_idle) {
  make({}, 1);
  PlayedMany* connection = open();
  pm::http::Exchange& first = begin(*connection);
  POINTERS_EQUAL(nullptr, take());

  connection->answer(first, 200);

  POINTERS_EQUAL(connection, use());
}

TEST(pool_shared, the_first_with_room_fills_up_and_the_surplus_becomes_idle) {
  make({}, 3);
  PlayedMany* old = open();
  begin(*old);
  PlayedMany* surplus = open();
  pm::http::Exchange& last = begin(*surplus);

  POINTERS_EQUAL(surplus, use());
  POINTERS_EQUAL(surplus, use());
  POINTERS_EQUAL(old, use());
  surplus->answer(last, 200);
  POINTERS_EQUAL(surplus, use());
  POINTERS_EQUAL(old, use());
  POINTERS_EQUAL(nullptr, take());

  old->answer_all(200);
  LONGS_EQUAL(1, target().idle_count);
  LONGS_EQUAL(trial->loop->now_ms() + 90000, old->idle_deadline);
}

TEST(pool_shared, what_the_server_allows_may_change) {
  make();
  PlayedMany* connection = open();
  begin(*connection);
  begin(*connection);

  connection->allow(2);
  POINTERS_EQUAL(nullptr, take());
  connection->allow(3);
  POINTERS_EQUAL(connection, use());
  POINTERS_EQUAL(nullptr, take());
}

TEST(pool_shared, one_that_drains_is_not_given_and_goes_behind_its_last_exchange) {
  make();
  PlayedMany* connection = open();
  pm::http::Exchange& exchange = begin(*connection);

  connection->drain();
  POINTERS_EQUAL(nullptr, take());
  LONGS_EQUAL(1, target().open);
  connection->answer(exchange, 200);

  LONGS_EQUAL(0, target().open);
}

TEST(pool_shared, it_is_counted_as_idle_only_while_it_carries_nothing) {
  make();
  PlayedMany* connection = open();
  pm::http::Exchange& first = begin(*connection);
  pm::http::Exchange& second = begin(*connection);

  connection->answer(first, 200);
  LONGS_EQUAL(0, target().idle_count);
  connection->answer(second, 200);
  LONGS_EQUAL(1, target().idle_count);
  use();
  LONGS_EQUAL(0, target().idle_count);
  trial->pool->close_idle();
  LONGS_EQUAL(1, target().open);
}

TEST(pool_shared, what_exceeds_the_idle_limit_is_closed) {
  make({.max_idle_per_host = 1});
  PlayedMany* first = open();
  PlayedMany* second = open();
  pm::http::Exchange& last = begin(*second);
  first->answer(begin(*first), 200);

  second->answer(last, 200);

  LONGS_EQUAL(1, target().idle_count);
  LONGS_EQUAL(1, target().open);
}

TEST(pool_shared, the_longest_idle_of_all_servers_goes_over_the_common_limit) {
  make({.max_idle = 1});
  idle();
  PlayedMany* other = trial->open_many(trial->h2c_target("10.0.0.2"));
  other->answer(begin(*other), 200);

  LONGS_EQUAL(0, target().open);
  LONGS_EQUAL(1, trial->h2c_target("10.0.0.2").idle_count);
}

TEST(pool_shared, one_that_is_too_old_takes_nothing_new_and_goes_behind_its_last_exchange) {
  make({.lifetime_ms = 1000});
  PlayedMany* connection = open();
  pm::http::Exchange& exchange = begin(*connection);
  trial->pass(1000);

  POINTERS_EQUAL(nullptr, take());
  LONGS_EQUAL(1, target().open);
  connection->answer(exchange, 200);

  LONGS_EQUAL(0, target().open);
}

TEST(pool_shared, one_that_grew_too_old_while_idle_is_closed) {
  make({.lifetime_ms = 1000});
  idle();
  trial->pass(1000);

  POINTERS_EQUAL(nullptr, take());

  LONGS_EQUAL(0, target().open);
}

TEST(pool_shared, one_that_grew_too_old_while_idle_goes_when_its_server_says_something) {
  make({.lifetime_ms = 1000});
  PlayedMany* connection = idle();
  trial->pass(1000);

  connection->allow(50);

  LONGS_EQUAL(0, target().open);
}

TEST(pool_shared, without_reuse_each_carries_one_exchange) {
  make({.max_idle_per_host = -1});
  PlayedMany* connection = open();
  pm::http::Exchange& exchange = begin(*connection);

  POINTERS_EQUAL(nullptr, take());
  connection->answer(exchange, 200);

  LONGS_EQUAL(0, target().open);
}

TEST(pool_shared, one_that_breaks_while_idle_or_in_use_is_forgotten) {
  make();
  PlayedMany* idle_one = idle();
  idle_one->close();
  POINTERS_EQUAL(nullptr, take());
  LONGS_EQUAL(0, target().idle_count);

  PlayedMany* busy = open();
  begin(*busy);
  busy->break_off({});

  POINTERS_EQUAL(nullptr, take());
  LONGS_EQUAL(0, target().open);
}
