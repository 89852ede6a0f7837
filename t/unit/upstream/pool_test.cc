// SPDX-License-Identifier: MIT
#include "upstream/pool.h"

#include "t/lib/upstream_trial.h"

#include <CppUTest/TestHarness.h>

using pm::test::PlayedConnection;
using pm::test::UpstreamTrial;
using pm::upstream::Pool;
using pm::upstream::Scheme;
using pm::upstream::Target;
using pm::upstream::TransportSettings;

namespace {

struct Queuer final : pm::upstream::Waiter {
  void on_turn_to_connect() noexcept override {
    ++turns;
    if (pool != nullptr) got = pool->take(*target);
  }
  void on_dial_failed(pm::http::Outcome) noexcept override {}
  int turns = 0;
  Pool* pool = nullptr;
  Target* target = nullptr;
  pm::http::ClientConnection* got = nullptr;
};

}  // namespace

TEST_GROUP(pool){// Puts a connection into use and back again.
                 static PlayedConnection * idle(UpstreamTrial & trial, Target& target){
                                               PlayedConnection* connection = trial.open(target);
give_back(*connection);
return connection;
}
static void give_back(PlayedConnection& connection) {
  connection.owner->on_idle(connection);
}
}
;

TEST(pool, gives_the_warmest_connection_first) {
  UpstreamTrial trial;
  Target& target = trial.target();
  PlayedConnection* first = idle(trial, target);
  PlayedConnection* second = trial.open(target);
  give_back(*second);

  POINTERS_EQUAL(second, trial.pool->take(target));
  POINTERS_EQUAL(first, trial.pool->take(target));
  POINTERS_EQUAL(nullptr, trial.pool->take(target));
  first->close();
  second->close();
}

TEST(pool, keeps_connections_of_each_server_apart) {
  UpstreamTrial trial;
  idle(trial, trial.target("10.0.0.1"));

  POINTERS_EQUAL(nullptr, trial.pool->take(trial.target("10.0.0.2")));
  POINTERS_EQUAL(nullptr, trial.pool->take(trial.pool->target("10.0.0.1", 81)));
}

TEST(pool, closes_what_exceeds_the_idle_limit_of_a_server) {
  UpstreamTrial trial({.max_idle_per_host = 1});
  Target& target = trial.target();
  PlayedConnection* second = nullptr;
  PlayedConnection* first = trial.open(target);
  second = trial.open(target);

  give_back(*first);
  give_back(*second);

  LONGS_EQUAL(1, target.idle_count);
  LONGS_EQUAL(1, target.open);
  POINTERS_EQUAL(first, trial.pool->take(target));
  first->close();
}

TEST(pool, keeps_nothing_when_reuse_is_off) {
  UpstreamTrial trial({.max_idle_per_host = -1});

  idle(trial, trial.target());

  LONGS_EQUAL(0, trial.target().open);
}

TEST(pool, gives_nothing_to_those_who_wait_when_reuse_is_off) {
  UpstreamTrial trial({.max_idle_per_host = -1, .max_per_host = 1});
  Target& target = trial.target();
  PlayedConnection* connection = trial.open(target);
  Queuer queuer;
  queuer.pool = trial.pool.get();
  queuer.target = &target;
  target.queue.join(queuer);

  give_back(*connection);
  trial.loop->turn();

  LONGS_EQUAL(1, queuer.turns);
  POINTERS_EQUAL(nullptr, queuer.got);
}

TEST(pool, closes_the_longest_idle_connection_of_all_servers_over_the_common_limit) {
  UpstreamTrial trial({.max_idle = 2});
  idle(trial, trial.target("10.0.0.1"));
  PlayedConnection* middle = idle(trial, trial.target("10.0.0.2"));
  PlayedConnection* newest = idle(trial, trial.target("10.0.0.3"));

  LONGS_EQUAL(0, trial.target("10.0.0.1").open);
  POINTERS_EQUAL(middle, trial.pool->take(trial.target("10.0.0.2")));
  POINTERS_EQUAL(newest, trial.pool->take(trial.target("10.0.0.3")));
  middle->close();
  newest->close();
}

TEST(pool, passes_over_a_connection_that_has_died_meanwhile) {
  UpstreamTrial trial;
  Target& target = trial.target();
  PlayedConnection* good = idle(trial, target);
  PlayedConnection* bad = trial.open(target);
  give_back(*bad);
  bad->usable = false;

  PlayedConnection* second = trial.open(target);
  give_back(*second);
  second->usable = false;

  POINTERS_EQUAL(good, trial.pool->take(target));
  LONGS_EQUAL(1, target.open);
  good->close();
}

TEST(pool, closes_a_connection_that_comes_back_too_old) {
  UpstreamTrial trial({.lifetime_ms = 1000});
  Target& target = trial.target();
  PlayedConnection* connection = trial.open(target);
  trial.pass(1000);

  give_back(*connection);

  LONGS_EQUAL(0, target.open);
}

TEST(pool, does_not_use_a_connection_that_grew_too_old_while_idle) {
  UpstreamTrial trial({.lifetime_ms = 1000});
  Target& target = trial.target();
  idle(trial, target);

  trial.pass(1000);

  POINTERS_EQUAL(nullptr, trial.pool->take(target));
  LONGS_EQUAL(0, target.open);
}

TEST(pool, tells_an_idle_connection_its_time) {
  UpstreamTrial trial({.idle_timeout_ms = 5000});

  PlayedConnection* connection = idle(trial, trial.target());

  LONGS_EQUAL(trial.loop->now_ms() + 5000, connection->idle_deadline);
}

TEST(pool, counts_dials_and_connections_against_the_limit) {
  UpstreamTrial trial({.max_per_host = 2});
  Target& target = trial.target();
  trial.pool->dial_began(target);
  CHECK_TRUE(trial.pool->may_open(target));
  PlayedConnection* connection = trial.open(target);
  CHECK_FALSE(trial.pool->may_open(target));

  trial.pool->dial_ended(target);
  CHECK_TRUE(trial.pool->may_open(target));
  connection->close();
  LONGS_EQUAL(0, target.open);
}

TEST(pool, tells_who_waits_in_a_turn_of_its_own_and_in_order) {
  UpstreamTrial trial({.max_per_host = 1});
  Target& target = trial.target();
  PlayedConnection* connection = trial.open(target);
  Queuer first;
  Queuer second;
  first.pool = trial.pool.get();
  first.target = &target;
  target.queue.join(first);
  target.queue.join(second);

  give_back(*connection);
  LONGS_EQUAL(0, first.turns);
  trial.loop->turn();

  LONGS_EQUAL(1, first.turns);
  POINTERS_EQUAL(connection, first.got);
  LONGS_EQUAL(0, second.turns);
  second.leave_queue();
  connection->close();
}

TEST(pool, who_has_left_the_queue_is_not_told) {
  UpstreamTrial trial({.max_per_host = 1});
  Target& target = trial.target();
  PlayedConnection* connection = trial.open(target);
  Queuer queuer;
  target.queue.join(queuer);
  connection->close();

  queuer.leave_queue();
  trial.loop->turn();

  LONGS_EQUAL(0, queuer.turns);
}

// ---- what is spoken: http-services.md section 7 ------------------------------------------------------------------------

TEST(pool, a_server_of_another_scheme_is_another_target) {
  UpstreamTrial trial;
  Target& plain = trial.pool->target("10.0.0.1", 80);
  Target& prior = trial.h2c_target();

  CHECK(&plain != &prior);
  CHECK_FALSE(plain.speaks_http2);
  CHECK_TRUE(prior.speaks_http2);
}

TEST(pool, an_upgrade_goes_to_the_same_server_by_http1) {
  UpstreamTrial trial;
  Target& plain = trial.pool->target("10.0.0.1", 80);
  Target& prior = trial.h2c_target();
  Target& secure = trial.pool->target("10.0.0.1", 443, Scheme::https);

  POINTERS_EQUAL(&plain, &trial.pool->http1_target(plain));
  POINTERS_EQUAL(&plain, &trial.pool->http1_target(prior));
  Target& http1 = trial.pool->http1_target(secure);
  CHECK(http1.scheme == Scheme::https_http1);
  POINTERS_EQUAL(&http1, &trial.pool->target("10.0.0.1", 443, Scheme::https_http1));
  POINTERS_EQUAL(&http1, &trial.pool->http1_target(http1));
}

TEST(pool, https_without_http2_offers_none) {
  UpstreamTrial switched_off({.disable_http2 = true});
  CHECK(switched_off.pool->target("h", 443, Scheme::https).scheme == Scheme::https_http1);

  UpstreamTrial incapable;
  incapable.has_http2 = false;
  CHECK(incapable.pool->target("h", 443, Scheme::https).scheme == Scheme::https_http1);
}
