// SPDX-License-Identifier: MIT
#include "t/lib/text.h"
#include "t/lib/upstream_trial.h"
#include "upstream/forward.h"

#include <CppUTest/TestHarness.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <memory>

using pm::http::Attempt;
using pm::http::Outcome;
using pm::test::PlayedClient;
using pm::test::PlayedMany;
using pm::test::UpstreamTrial;
using pm::upstream::LoadBalancer;
using pm::upstream::Target;
using pm::upstream::TransportSettings;

// Exchanges on their way to a server that takes many on one connection.
TEST_GROUP(forward_shared) {
  std::unique_ptr<UpstreamTrial> trial;
  std::unique_ptr<LoadBalancer> service;
  std::deque<PlayedClient> clients;

  void make(TransportSettings settings = {}, std::uint32_t limit = 100) {
    trial = std::make_unique<UpstreamTrial>(settings);
    trial->limit = limit;
    pm::upstream::Server server;
    server.target = &target();
    service =
        std::make_unique<LoadBalancer>(std::move(server), pm::upstream::LoadBalancerOptions{});
  }
  void teardown() override {
    clients.clear();
    trial->loop->turn();
    trial->pool->close_idle();
    trial->loop->turn();
    LONGS_EQUAL(0, trial->pool->open());
    LONGS_EQUAL(0, trial->kernel.open_sockets());
    LONGS_EQUAL(0, trial->blocks.lent());
    service.reset();
    trial.reset();
  }
  Target& target() {
    return trial->h2c_target();
  }
  PlayedClient& request(std::string_view method = "GET") {
    PlayedClient& client = clients.emplace_back(trial->blocks, method);
    service->serve(*client.exchange);
    return client;
  }
  void requests(int count) {
    for (int i = 0; i < count; ++i)
      request();
  }
  // How many dials are new since the last time.
  std::vector<int> dials() {
    return trial->kernel.connected();
  }
  void accept(int fd) {
    trial->kernel.accept_connect(fd);
    trial->loop->turn();
    trial->loop->turn();
  }
  void refuse(int fd) {
    trial->kernel.refuse_connect(fd, ECONNREFUSED);
    trial->loop->turn();
    trial->loop->turn();
  }
  int answered_with(int status) const {
    return static_cast<int>(std::count_if(clients.begin(), clients.end(),
                                          [status](const auto& c) { return c.status == status; }));
  }
};

// ---- one dial for many ------------------------------------------------------------------------------------------------

TEST(forward_shared, who_comes_while_a_dial_is_under_way_waits_for_it) {
  make();
  requests(100);
  const std::vector<int> fds = dials();
  LONGS_EQUAL(1, fds.size());

  accept(fds[0]);

  LONGS_EQUAL(1, trial->many.size());
  LONGS_EQUAL(100, trial->many[0]->begun);
  LONGS_EQUAL(0, dials().size());
}

TEST(forward_shared, a_thousand_at_once_open_as_few_connections_as_they_need) {
  make();
  requests(1000);
  const std::vector<int> fds = dials();
  LONGS_EQUAL(10, fds.size());

  for (const int fd : fds)
    accept(fd);

  LONGS_EQUAL(0, dials().size());
  for (PlayedMany* connection : trial->many)
    LONGS_EQUAL(100, connection->begun);
  for (PlayedMany* connection : trial->many)
    connection->answer_all(200);
  LONGS_EQUAL(1000, answered_with(200));
}

TEST(forward_shared, a_connection_that_turns_out_smaller_is_followed_by_another) {
  make({}, 3);
  requests(6);
  const std::vector<int> first = dials();
  LONGS_EQUAL(1, first.size());
  accept(first[0]);
  LONGS_EQUAL(3, trial->many[0]->begun);

  const std::vector<int> second = dials();
  LONGS_EQUAL(1, second.size());
  accept(second[0]);

  LONGS_EQUAL(3, trial->many[1]->begun);
}

TEST(forward_shared, the_limit_of_a_server_is_remembered) {
  make({}, 2);
  requests(1);
  accept(dials()[0]);
  trial->many[0]->answer_all(200);
  trial->many[0]->close();

  requests(6);

  const std::vector<int> fds = dials();
  LONGS_EQUAL(3, fds.size());
  for (const int fd : fds)
    accept(fd);
  LONGS_EQUAL(0, dials().size());
  LONGS_EQUAL(2, trial->many.back()->expected);
}

TEST(forward_shared, without_reuse_each_dials) {
  make({.max_idle_per_host = -1});

  requests(3);

  LONGS_EQUAL(3, dials().size());
}

TEST(forward_shared, over_the_limit_of_connections_a_request_waits_for_room) {
  make({.max_per_host = 1}, 2);
  requests(3);
  accept(dials()[0]);
  PlayedMany* connection = trial->many[0];
  LONGS_EQUAL(2, connection->begun);

  connection->answer(*clients[0].exchange, 200);
  trial->loop->turn();

  LONGS_EQUAL(3, connection->begun);
  LONGS_EQUAL(0, dials().size());
}

TEST(forward_shared, a_server_that_no_longer_speaks_http2_gets_a_connection_for_each) {
  make();
  Target& secure = trial->pool->target("10.0.0.1", 443, pm::upstream::Scheme::https);
  trial->pool->dial_began(secure);
  PlayedMany* before = trial->open_many(secure);
  CHECK_TRUE(secure.queue.has_seat());

  trial->open(secure)->close();

  CHECK_FALSE(secure.queue.has_seat());
  trial->pool->dial_ended(secure);
  before->close();
}

// ---- a dial that does not make it -------------------------------------------------------------------------------------

TEST(forward_shared, a_failed_dial_fails_those_who_waited_for_it) {
  make();
  requests(50);
  const std::vector<int> fds = dials();

  refuse(fds[0]);

  LONGS_EQUAL(50, answered_with(502));
  LONGS_EQUAL(0, dials().size());
  CHECK_EQUAL(std::string_view("connect-refused"), clients[49].exchange->trace().termination);
}

TEST(forward_shared, one_of_several_dials_fails_those_whom_the_others_have_no_room_for) {
  make();
  requests(150);
  const std::vector<int> fds = dials();
  LONGS_EQUAL(2, fds.size());

  refuse(fds[0]);

  LONGS_EQUAL(50, answered_with(502));
  LONGS_EQUAL(0, dials().size());
  accept(fds[1]);
  LONGS_EQUAL(100, trial->many[0]->begun);
}

TEST(forward_shared, when_the_one_who_dials_leaves_the_next_dials) {
  make();
  requests(3);
  LONGS_EQUAL(1, dials().size());

  clients.pop_front();
  trial->loop->turn();

  const std::vector<int> fds = dials();
  LONGS_EQUAL(1, fds.size());
  accept(fds[0]);
  LONGS_EQUAL(2, trial->many[0]->begun);
}

TEST(forward_shared, who_leaves_while_the_dial_is_under_way_is_forgotten) {
  make();
  requests(3);
  clients.pop_back();

  accept(dials()[0]);

  LONGS_EQUAL(2, trial->many[0]->begun);
}

TEST(forward_shared, who_leaves_between_a_failure_and_its_turn_is_forgotten) {
  make();
  requests(3);
  trial->pool->dial_failed(target(), Outcome::refused);
  clients.pop_back();

  trial->loop->turn();

  LONGS_EQUAL(1, answered_with(502));
  trial->pool->dial_began(target());  // whose end the first request tells
}

TEST(forward_shared, a_dial_that_takes_too_long_is_504_for_all) {
  make({.dial_timeout_ms = 1000});
  requests(3);

  trial->pass(1200);
  trial->loop->turn();

  LONGS_EQUAL(3, answered_with(504));
}

TEST(forward_shared, waiting_for_another_s_dial_and_dialling_take_no_longer_than_one_dial) {
  make({.dial_timeout_ms = 1000});
  requests(1);
  trial->pass(500);
  request("POST");
  trial->pass(400);
  clients.pop_front();
  trial->loop->turn();
  LONGS_EQUAL(2, dials().size());
  trial->pass(400);
  LONGS_EQUAL(0, answered_with(504));

  trial->pass(400);

  LONGS_EQUAL(1, answered_with(504));
  LONGS_EQUAL(0, target().open);
}

TEST(forward_shared, those_who_wait_for_room_keep_their_order) {
  make({.max_per_host = 1}, 1);
  requests(4);
  accept(dials()[0]);
  PlayedMany* connection = trial->many[0];

  for (const PlayedClient& client : clients) {
    POINTERS_EQUAL(client.exchange.get(), connection->carried.at(0).first);
    connection->answer(*client.exchange, 200);
    trial->loop->turn();
  }

  LONGS_EQUAL(4, answered_with(200));
}

TEST(forward_shared, who_waits_for_a_place_waits_longer_than_a_dial_may_take) {
  make({.max_per_host = 1, .dial_timeout_ms = 1000}, 1);
  requests(2);
  accept(dials()[0]);

  trial->pass(1500);

  LONGS_EQUAL(0, answered_with(504));
  trial->many[0]->answer(*clients[0].exchange, 200);
  trial->loop->turn();
  trial->many[0]->answer(*clients[1].exchange, 200);
  LONGS_EQUAL(2, answered_with(200));
}

TEST(forward_shared, the_time_of_a_dial_is_not_that_of_the_answer) {
  make({.dial_timeout_ms = 1000, .request_timeout_ms = 3000});
  requests(2);
  accept(dials()[0]);

  trial->pass(1500);
  LONGS_EQUAL(0, answered_with(504));
  trial->pass(2000);

  LONGS_EQUAL(2, answered_with(504));
}

// ---- what is sent again -----------------------------------------------------------------------------------------------

TEST(forward_shared, what_a_server_has_not_processed_is_sent_again_on_another_connection) {
  make();
  PlayedClient& client = request("POST");
  accept(dials()[0]);
  PlayedMany* refusing = trial->many[0];

  refusing->fail(*client.exchange, {.outcome = Outcome::reset, .unprocessed = true});
  accept(dials()[0]);
  trial->many[1]->answer(*client.exchange, 200);

  LONGS_EQUAL(200, client.status);
  LONGS_EQUAL(1, refusing->begun);
  LONGS_EQUAL(2, client.exchange->trace().attempts);
}

TEST(forward_shared, another_connection_that_is_there_already_takes_it) {
  make();
  request();
  accept(dials()[0]);
  PlayedMany* other = trial->open_many(target());
  PlayedClient& client = request();
  LONGS_EQUAL(1, other->begun);

  other->fail(*client.exchange, {.outcome = Outcome::reset, .unprocessed = true});

  LONGS_EQUAL(2, trial->many[0]->begun);
}

TEST(forward_shared, at_the_limit_of_connections_the_one_that_refused_is_asked_again) {
  make({.max_per_host = 1});
  PlayedClient& client = request();
  accept(dials()[0]);
  PlayedMany* only = trial->many[0];

  only->fail(*client.exchange, {.outcome = Outcome::reset, .unprocessed = true});
  only->fail(*client.exchange, {.outcome = Outcome::reset, .unprocessed = true});
  LONGS_EQUAL(0, client.status);
  only->fail(*client.exchange, {.outcome = Outcome::reset, .unprocessed = true});

  LONGS_EQUAL(502, client.status);
  CHECK_TRUE(client.exchange->response().is_unsent);
  LONGS_EQUAL(3, client.exchange->trace().attempts);
}

TEST(forward_shared, what_a_drained_connection_did_not_process_waits_for_one_new_connection) {
  make();
  requests(100);
  accept(dials()[0]);
  PlayedMany* old = trial->many[0];

  old->owner->on_draining(*old);
  old->is_draining = true;
  for (std::size_t i = 40; i < clients.size(); ++i)
    old->fail(*clients[i].exchange, {.outcome = Outcome::closed, .unprocessed = true});
  const std::vector<int> fds = dials();
  LONGS_EQUAL(1, fds.size());
  accept(fds[0]);

  LONGS_EQUAL(60, trial->many[1]->begun);
  LONGS_EQUAL(40, old->carried.size());
}

TEST(forward_shared, a_connection_that_breaks_with_all_that_it_carries_is_followed_by_one) {
  make();
  requests(10);
  accept(dials()[0]);

  trial->many[0]->break_off({.outcome = Outcome::reset, .unprocessed = true});
  const std::vector<int> fds = dials();
  LONGS_EQUAL(1, fds.size());
  accept(fds[0]);

  LONGS_EQUAL(10, trial->many[1]->begun);
}

TEST(forward_shared, a_body_that_was_given_away_is_not_there_to_be_sent_again) {
  make();
  PlayedClient& client = request("POST");
  accept(dials()[0]);
  const std::string_view bytes = "x";
  client.exchange->request_chunk({{&bytes, 1}, 1});

  trial->many[0]->fail(*client.exchange, {.outcome = Outcome::reset, .unprocessed = true});

  LONGS_EQUAL(502, client.status);
}

TEST(forward_shared, the_codec_that_is_not_there_yet_is_502_for_all) {
  make();
  trial->has_http2 = false;
  requests(3);

  accept(dials()[0]);

  LONGS_EQUAL(3, answered_with(502));
}
