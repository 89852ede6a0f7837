// SPDX-License-Identifier: MIT
#include "upstream/dial.h"

#include "shm/names.h"
#include "t/lib/upstream_trial.h"

#include <CppUTest/TestHarness.h>

#include <cerrno>
#include <optional>
#include <string>
#include <vector>

using pm::Address;
using pm::http::Outcome;
using pm::shm::Names;
using pm::shm::NameState;
using pm::test::UpstreamTrial;

namespace {

struct Caller final : pm::upstream::DialUser {
  void on_connected(pm::http::ClientConnection& got) noexcept override { connection = &got; }
  void on_dial_failed(Outcome why) noexcept override { outcome = why; }
  pm::http::ClientConnection* connection = nullptr;
  std::optional<Outcome> outcome;
};

std::vector<Address> addresses(std::initializer_list<const char*> texts) {
  std::vector<Address> list;
  for (const char* text : texts)
    list.push_back(*Address::parse(text));
  return list;
}

}  // namespace

TEST_GROUP(dial) {
  Names names = Names::create(64).value();
  UpstreamTrial trial{{.dial_timeout_ms = 2000}, &names};
  Caller caller;
  std::optional<pm::upstream::Dial> dial;

  void teardown() override {
    dial.reset();
    if (caller.connection != nullptr) caller.connection->close();
    trial.loop->turn();
    LONGS_EQUAL(0, trial.kernel.open_sockets());
  }
  void start(const char* host) {
    dial.emplace(trial.target(host), caller);
    dial->start();
  }
  void publish(const char* name, std::initializer_list<const char*> texts,
               NameState state = NameState::known) {
    names.publish(name, addresses(texts), state);
  }
  std::string to(int fd) {
    return trial.kernel.socket(fd).to.to_string();
  }
  void refuse(int fd) {
    trial.kernel.refuse_connect(fd, ECONNREFUSED);
    trial.loop->turn();
  }
  void accept(int fd) {
    trial.kernel.accept_connect(fd);
    trial.loop->turn();
  }
};

TEST(dial, connects_to_an_address_without_asking_anybody) {
  start("10.0.0.1");
  const std::vector<int> fds = trial.kernel.connected();
  LONGS_EQUAL(1, fds.size());
  STRCMP_EQUAL("10.0.0.1:80", to(fds[0]).c_str());

  accept(fds[0]);

  CHECK(caller.connection != nullptr);
  LONGS_EQUAL(1, trial.target("10.0.0.1").open);
}

TEST(dial, goes_to_the_next_address_when_one_refuses) {
  publish("app.test", {"10.0.0.1", "10.0.0.2"});
  start("app.test");
  refuse(trial.kernel.connected()[0]);

  const std::vector<int> fds = trial.kernel.connected();
  STRCMP_EQUAL("10.0.0.2:80", to(fds[0]).c_str());
  accept(fds[0]);

  CHECK(caller.connection != nullptr);
}

TEST(dial, fails_when_the_last_address_refuses) {
  publish("app.test", {"10.0.0.1", "10.0.0.2"});
  start("app.test");

  refuse(trial.kernel.connected()[0]);
  CHECK_FALSE(caller.outcome.has_value());
  refuse(trial.kernel.connected()[0]);

  CHECK(caller.outcome == Outcome::refused);
  LONGS_EQUAL(0, trial.target("app.test").open);
}

TEST(dial, gives_an_address_a_head_start_of_250_ms) {
  publish("app.test", {"10.0.0.1", "10.0.0.2"});
  start("app.test");
  LONGS_EQUAL(1, trial.kernel.connected().size());

  trial.pass(200);
  LONGS_EQUAL(0, trial.kernel.connected().size());
  trial.pass(200);

  LONGS_EQUAL(1, trial.kernel.connected().size());
}

TEST(dial, takes_whoever_answers_first_and_closes_the_other) {
  publish("app.test", {"10.0.0.1", "10.0.0.2"});
  start("app.test");
  const int slow = trial.kernel.connected()[0];
  trial.pass(400);

  accept(trial.kernel.connected()[0]);

  CHECK(caller.connection != nullptr);
  CHECK_FALSE(trial.kernel.socket(slow).open);
}

TEST(dial, waits_for_a_name_that_nobody_has_resolved_yet) {
  start("app.test");
  trial.pass(500);
  CHECK_FALSE(caller.outcome.has_value());

  publish("app.test", {"10.0.0.1"});
  trial.pass(200);

  LONGS_EQUAL(1, trial.kernel.connected().size());
}

TEST(dial, says_dns_when_the_name_never_came) {
  start("app.test");

  trial.pass(1000);
  trial.pass(1200);

  CHECK(caller.outcome == Outcome::dns_timed_out);
}

TEST(dial, says_what_the_agent_found) {
  publish("gone.test", {}, NameState::failed);
  publish("slow.test", {}, NameState::timed_out);

  start("gone.test");
  CHECK(caller.outcome == Outcome::no_address);
  start("slow.test");

  CHECK(caller.outcome == Outcome::dns_timed_out);
}

TEST(dial, a_server_that_does_not_answer_is_a_time_out) {
  start("10.0.0.1");

  trial.pass(1900);
  CHECK_FALSE(caller.outcome.has_value());
  trial.pass(300);

  CHECK(caller.outcome == Outcome::connect_timed_out);
}

TEST(dial, a_time_out_of_the_kernel_is_one_too) {
  start("10.0.0.1");

  trial.kernel.refuse_connect(trial.kernel.connected()[0], ETIMEDOUT);
  trial.loop->turn();

  CHECK(caller.outcome == Outcome::connect_timed_out);
}

TEST(dial, fails_at_once_when_the_kernel_knows_no_way) {
  trial.kernel.fail_connects(ENETUNREACH);

  start("10.0.0.1");

  CHECK(caller.outcome == Outcome::refused);
}

TEST(dial, begins_with_each_address_in_turn) {
  publish("app.test", {"10.0.0.1", "10.0.0.2", "10.0.0.3"});
  std::string order;
  for (int i = 0; i < 4; ++i) {
    start("app.test");
    order += to(trial.kernel.connected()[0]) + " ";
    dial->cancel();
  }

  STRCMP_EQUAL("10.0.0.1:80 10.0.0.2:80 10.0.0.3:80 10.0.0.1:80 ", order.c_str());
}

TEST(dial, cancelled_says_nothing_and_leaves_nothing) {
  publish("app.test", {"10.0.0.1", "10.0.0.2"});
  start("app.test");
  trial.pass(400);

  dial->cancel();

  CHECK_FALSE(caller.outcome.has_value());
  LONGS_EQUAL(0, trial.kernel.open_sockets());
  LONGS_EQUAL(0, trial.target("app.test").open);
}

TEST(dial, by_prior_knowledge_the_connection_speaks_http2) {
  dial.emplace(trial.h2c_target(), caller);
  dial->start();

  accept(trial.kernel.connected()[0]);

  LONGS_EQUAL(1, trial.many.size());
}

TEST(dial, what_nobody_here_speaks_fails) {
  trial.has_http2 = false;
  pm::upstream::Target& target = trial.h2c_target();
  dial.emplace(target, caller);
  dial->start();

  accept(trial.kernel.connected()[0]);

  CHECK(caller.outcome == Outcome::bad_response);
  LONGS_EQUAL(0, target.open);
}

// Only 10.0.0.0/8 may be connected to.
TEST_GROUP(dial_restricted) {
  Names names = Names::create(64).value();
  UpstreamTrial trial{
      {.dial_timeout_ms = 2000, .reachable = pm::CidrSet({*pm::Cidr::parse("10.0.0.0/8")})},
      &names};
  Caller caller;
  std::optional<pm::upstream::Dial> dial;

  void teardown() override {
    dial.reset();
    trial.loop->turn();
  }
  void start(const char* host) {
    dial.emplace(trial.target(host), caller);
    dial->start();
  }
  // Each address that was tried, in order.
  std::string tried() {
    std::string all;
    for (const int fd : trial.kernel.connected())
      all += trial.kernel.socket(fd).to.to_string() + " ";
    return all;
  }
};

TEST(dial_restricted, an_address_that_is_not_listed_is_not_connected_to) {
  start("127.0.0.1");

  CHECK(caller.outcome == Outcome::denied);
  LONGS_EQUAL(0, trial.kernel.open_sockets());
  LONGS_EQUAL(0, trial.target("127.0.0.1").open);
}

TEST(dial_restricted, one_that_is_listed_is) {
  start("10.1.2.3");

  CHECK_EQUAL(std::string("10.1.2.3:80 "), tried());
}

TEST(dial_restricted, a_name_leads_to_its_listed_addresses_alone) {
  names.publish("app.test", addresses({"127.0.0.1", "10.0.0.1", "::1", "10.0.0.2"}),
                NameState::known);

  start("app.test");
  trial.pass(400);
  trial.pass(400);

  CHECK_EQUAL(std::string("10.0.0.1:80 10.0.0.2:80 "), tried());
}

TEST(dial_restricted, a_name_that_leads_elsewhere_fails_at_once) {
  names.publish("app.test", addresses({"127.0.0.1", "::ffff:127.0.0.1", "::1"}), NameState::known);

  start("app.test");

  CHECK(caller.outcome == Outcome::denied);
  LONGS_EQUAL(0, trial.kernel.open_sockets());
}
