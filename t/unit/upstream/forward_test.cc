// SPDX-License-Identifier: MIT
#include "upstream/forward.h"

#include "t/lib/text.h"
#include "t/lib/upstream_trial.h"
#include "upstream/weighted.h"

#include <CppUTest/TestHarness.h>

#include <cerrno>
#include <memory>

using pm::http::Attempt;
using pm::http::Outcome;
using pm::test::PlayedClient;
using pm::test::PlayedConnection;
using pm::test::UpstreamTrial;
using pm::upstream::LoadBalancer;
using pm::upstream::TransportSettings;

namespace {

class First final : public pm::upstream::Balancer {
  std::optional<std::uint32_t> pick(const pm::upstream::PickInput&) noexcept override { return 0; }
};

struct Field {
  pm::http::FieldId id = pm::http::FieldId::other;
  std::string_view value;
};

}  // namespace

TEST_GROUP(forward) {
  std::unique_ptr<UpstreamTrial> trial;
  std::unique_ptr<LoadBalancer> service;

  void make(TransportSettings settings = {}, bool pass_host = true) {
    trial = std::make_unique<UpstreamTrial>(settings);
    std::vector<pm::upstream::Server> servers(1);
    servers[0] = {.target = &trial->target(),
                  .url = "http://10.0.0.1/app",
                  .host = "10.0.0.1",
                  .path_prefix = "/app"};
    service = std::make_unique<LoadBalancer>(
        std::move(servers), std::make_unique<First>(),
        pm::upstream::LoadBalancerOptions{.name = "app", .pass_host_header = pass_host});
  }
  void teardown() override {
    if (trial == nullptr) return;
    trial->pool->close_idle();
    trial->loop->turn();
    LONGS_EQUAL(0, trial->target().open);
    LONGS_EQUAL(0, trial->kernel.open_sockets());
    LONGS_EQUAL(0, trial->blocks.lent());
    service.reset();
    trial.reset();
  }
  PlayedConnection* last() {
    return trial->connections.back();
  }
  // A connection that has carried an exchange and waits for another.
  PlayedConnection* warm() {
    PlayedConnection* connection = trial->open(trial->target());
    connection->owner->on_idle(*connection);
    return connection;
  }
  // Serves a request on a reused connection that fails so; was it sent again?
  bool is_sent_again(Attempt::Failure failure, const char* method = "GET", Field field = {},
                     bool body_taken = false) {
    make();
    PlayedConnection* connection = warm();
    PlayedClient client(trial->blocks, method);
    if (!field.value.empty()) client.exchange->request().headers.append(field.id, field.value);
    service->serve(*client.exchange);
    if (body_taken) {
      const std::string_view bytes = "x";
      client.exchange->request_chunk({{&bytes, 1}, 1});
    }
    connection->fail(failure);
    const bool again = trial->target().open == 1;
    client.leave();
    teardown();
    return again;
  }
  int status_after(Outcome outcome) {
    make();
    PlayedConnection* connection = warm();
    PlayedClient client(trial->blocks, "POST");
    service->serve(*client.exchange);
    connection->fail({.outcome = outcome});
    const int status = client.status;
    client.leave();
    teardown();
    return status;
  }
};

TEST(forward, a_warm_connection_takes_the_request_at_once) {
  make();
  PlayedConnection* connection = warm();
  PlayedClient client(trial->blocks);

  service->serve(*client.exchange);
  connection->answer(204);

  LONGS_EQUAL(204, client.status);
  LONGS_EQUAL(1, client.exchange->trace().attempts);
  CHECK_EQUAL(std::string_view("http://10.0.0.1/app"), client.exchange->trace().server_url);
  LONGS_EQUAL(1, trial->target().idle_count);
}

TEST(forward, a_new_connection_is_made_when_none_is_warm) {
  make();
  PlayedClient client(trial->blocks);

  service->serve(*client.exchange);
  trial->connect_all();
  last()->answer(200);

  LONGS_EQUAL(200, client.status);
}

TEST(forward, the_server_sees_the_host_of_the_client_or_its_own) {
  make();
  PlayedConnection* connection = warm();
  PlayedClient client(trial->blocks);
  client.exchange->request().authority = "shop.test";
  service->serve(*client.exchange);
  CHECK_EQUAL(std::string_view(""), connection->options.host);
  CHECK_EQUAL(std::string_view("/app"), connection->options.path_prefix);
  client.leave();
  teardown();

  make({}, false);
  connection = warm();
  PlayedClient other(trial->blocks);
  other.exchange->request().authority = "shop.test";
  service->serve(*other.exchange);
  CHECK_EQUAL(std::string_view("10.0.0.1"), connection->options.host);
}

TEST(forward, a_client_without_host_gets_that_of_the_url) {
  make();
  PlayedConnection* connection = warm();
  PlayedClient client(trial->blocks);

  service->serve(*client.exchange);

  CHECK_EQUAL(std::string_view("10.0.0.1"), connection->options.host);
}

// ---- what is sent twice: security.md section 3, last row --------------------------------------------------------------

TEST(forward, a_reused_connection_that_dies_in_silence_is_tried_again) {
  CHECK_TRUE(is_sent_again({.outcome = Outcome::closed, .reused = true}));
  CHECK_TRUE(is_sent_again({.outcome = Outcome::reset, .reused = true}));
}

TEST(forward, a_fresh_connection_that_dies_is_the_servers_word) {
  CHECK_FALSE(is_sent_again({.outcome = Outcome::closed, .reused = false}));
}

TEST(forward, a_connection_that_has_said_something_is_not_tried_again) {
  CHECK_FALSE(is_sent_again({.outcome = Outcome::closed, .reused = true, .answered = true}));
}

TEST(forward, a_request_that_may_not_happen_twice_is_sent_once) {
  CHECK_FALSE(is_sent_again({.outcome = Outcome::closed, .reused = true}, "POST"));
  CHECK_FALSE(is_sent_again({.outcome = Outcome::closed, .reused = true}, "PUT"));
  CHECK_FALSE(is_sent_again({.outcome = Outcome::closed, .reused = true}, "DELETE"));
}

TEST(forward, methods_and_keys_that_may_happen_twice) {
  using pm::http::FieldId;
  const Attempt::Failure died{.outcome = Outcome::closed, .reused = true};
  CHECK_TRUE(is_sent_again(died, "HEAD"));
  CHECK_TRUE(is_sent_again(died, "OPTIONS"));
  CHECK_TRUE(is_sent_again(died, "TRACE"));
  CHECK_TRUE(is_sent_again(died, "POST", {FieldId::idempotency_key, "1"}));
  CHECK_TRUE(is_sent_again(died, "POST", {FieldId::x_idempotency_key, "1"}));
}

TEST(forward, what_was_never_written_is_sent_again_whatever_it_is) {
  CHECK_TRUE(is_sent_again({.outcome = Outcome::reset, .wrote = false}, "POST"));
}

TEST(forward, a_body_that_was_given_away_is_not_there_for_a_second_try) {
  CHECK_FALSE(is_sent_again({.outcome = Outcome::closed, .reused = true}, "GET", {}, true));
  CHECK_FALSE(is_sent_again({.outcome = Outcome::reset, .wrote = false}, "POST", {}, true));
}

TEST(forward, bad_answers_and_time_outs_are_not_tried_again) {
  CHECK_FALSE(is_sent_again({.outcome = Outcome::bad_response, .reused = true}));
  CHECK_FALSE(is_sent_again({.outcome = Outcome::head_timed_out, .reused = true}));
}

TEST(forward, the_second_try_goes_out_on_a_fresh_connection) {
  make();
  PlayedConnection* other = warm();
  PlayedConnection* dying = trial->open(trial->target());
  dying->owner->on_idle(*dying);
  PlayedClient client(trial->blocks);
  service->serve(*client.exchange);

  dying->fail({.outcome = Outcome::closed, .reused = true});
  trial->connect_all();
  last()->answer(200);

  LONGS_EQUAL(200, client.status);
  LONGS_EQUAL(0, other->begun);
  LONGS_EQUAL(2, client.exchange->trace().attempts);
}

TEST(forward, a_body_that_the_first_connection_asked_for_waits_for_the_second) {
  make();
  PlayedConnection* dying = warm();
  PlayedClient client(trial->blocks);
  service->serve(*client.exchange);
  client.exchange->resume_request();

  dying->fail({.outcome = Outcome::closed, .reused = true});

  CHECK_FALSE(client.is_pulled);
}

TEST(forward, a_second_try_at_the_limit_takes_the_place_of_an_idle_connection) {
  make({.max_per_host = 1});
  PlayedConnection* dying = warm();
  PlayedClient client(trial->blocks);
  PlayedClient waiting(trial->blocks);
  service->serve(*client.exchange);
  service->serve(*waiting.exchange);

  dying->fail({.outcome = Outcome::closed, .reused = true});
  trial->connect_all();
  last()->answer(200);
  trial->loop->turn();
  trial->connect_all();
  last()->answer(200);

  LONGS_EQUAL(200, client.status);
  LONGS_EQUAL(200, waiting.status);
}

// ---- http-services.md section 8 ---------------------------------------------------------------------------------------

TEST(forward, failures_of_the_server_are_502_and_time_outs_504) {
  LONGS_EQUAL(502, status_after(Outcome::closed));
  LONGS_EQUAL(502, status_after(Outcome::reset));
  LONGS_EQUAL(502, status_after(Outcome::bad_response));
  LONGS_EQUAL(504, status_after(Outcome::head_timed_out));
}

TEST(forward, a_refused_connection_is_502_with_its_body) {
  make();
  PlayedClient client(trial->blocks);
  service->serve(*client.exchange);

  trial->kernel.refuse_connect(trial->kernel.connected()[0], ECONNREFUSED);
  trial->loop->turn();

  LONGS_EQUAL(502, client.status);
  CHECK_EQUAL(std::string_view("Bad Gateway"), std::string_view(client.body));
  CHECK_EQUAL(std::string_view("connect-refused"), client.exchange->trace().termination);
}

TEST(forward, a_connect_that_takes_too_long_is_504) {
  make({.dial_timeout_ms = 1000});
  PlayedClient client(trial->blocks);
  service->serve(*client.exchange);

  trial->pass(1200);

  LONGS_EQUAL(504, client.status);
  CHECK_EQUAL(std::string_view("Gateway Timeout"), std::string_view(client.body));
}

TEST(forward, a_request_that_takes_too_long_is_504) {
  make({.request_timeout_ms = 1000});
  warm();
  PlayedClient client(trial->blocks);
  service->serve(*client.exchange);

  trial->pass(1200);

  LONGS_EQUAL(504, client.status);
  LONGS_EQUAL(0, trial->target().open);
}

TEST(forward, an_answer_that_takes_too_long_is_cut) {
  make({.request_timeout_ms = 1000});
  warm();
  PlayedClient client(trial->blocks);
  service->serve(*client.exchange);
  client.exchange->response().status = 200;
  client.exchange->response_head();

  trial->pass(1200);

  CHECK_TRUE(client.was_cut);
  LONGS_EQUAL(0, trial->target().open);
  CHECK_EQUAL(std::string_view("request-timeout"), client.exchange->trace().termination);
}

TEST(forward, a_tunnel_lives_longer_than_a_request_may_take) {
  make({.request_timeout_ms = 1000});
  PlayedConnection* connection = warm();
  PlayedClient client(trial->blocks);
  service->serve(*client.exchange);
  client.exchange->open_tunnel();
  client.exchange->response_head();

  trial->pass(1200);

  CHECK_FALSE(client.was_cut);
  CHECK(connection->stream != nullptr);
}

TEST(forward, a_server_that_cannot_be_reached_by_its_scheme_is_502) {
  make();
  std::vector<pm::upstream::Server> none(1);
  LoadBalancer broken(std::move(none), std::make_unique<First>(), {});
  PlayedClient client(trial->blocks);

  broken.serve(*client.exchange);

  LONGS_EQUAL(502, client.status);
}

// ---- waiting and leaving ----------------------------------------------------------------------------------------------

TEST(forward, a_client_that_leaves_ends_the_dial) {
  make();
  PlayedClient client(trial->blocks);
  service->serve(*client.exchange);

  client.leave();

  LONGS_EQUAL(0, trial->kernel.open_sockets());
}

TEST(forward, a_request_over_the_limit_waits_for_a_connection) {
  make({.max_per_host = 1});
  PlayedConnection* connection = warm();
  PlayedClient first(trial->blocks);
  PlayedClient second(trial->blocks);
  service->serve(*first.exchange);
  service->serve(*second.exchange);

  connection->answer(200);
  trial->loop->turn();
  connection->answer(204);

  LONGS_EQUAL(204, second.status);
  LONGS_EQUAL(2, connection->begun);
}

TEST(forward, a_client_that_leaves_the_queue_does_not_hold_up_the_next) {
  make({.max_per_host = 1});
  warm();
  PlayedClient first(trial->blocks);
  PlayedClient second(trial->blocks);
  PlayedClient third(trial->blocks);
  service->serve(*first.exchange);
  service->serve(*second.exchange);
  service->serve(*third.exchange);

  second.leave();
  first.leave();
  trial->loop->turn();
  trial->connect_all();
  last()->answer(200);

  LONGS_EQUAL(200, third.status);
  LONGS_EQUAL(1, trial->target().open);
}

TEST(forward, a_service_without_servers_says_so) {
  make();
  pm::upstream::Weighted nobody({}, {}, 0);
  PlayedClient client(trial->blocks);

  nobody.serve(*client.exchange);

  LONGS_EQUAL(503, client.status);
  CHECK_EQUAL(std::string_view("no available server\n"), std::string_view(client.body));
}

TEST(forward, an_upgrade_takes_a_way_on_which_http2_is_not_spoken) {
  make();
  std::vector<pm::upstream::Server> servers(1);
  servers[0].target = &trial->h2c_target();
  LoadBalancer prior(std::move(servers), std::make_unique<First>(), {});
  PlayedConnection* connection = warm();  // of http://10.0.0.1
  PlayedClient client(trial->blocks);
  client.exchange->request().wants_upgrade = true;

  prior.serve(*client.exchange);
  connection->answer(204);

  LONGS_EQUAL(204, client.status);
}
