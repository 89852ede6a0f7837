// SPDX-License-Identifier: MIT
#include "agent/resolver.h"

#include "net/alarm.h"
#include "t/lib/dns_server.h"
#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>
#include <uv.h>

#include <memory>
#include <string>

using namespace pm;
using namespace std::chrono_literals;
using shm::NameState;

namespace {

class Kept final : public LogSink {
 public:
  void write(std::string_view line) noexcept override { text += line; }
  std::string text;
};

std::string shown(const shm::NameAnswer& answer) {
  static constexpr const char* states[] = {"unknown", "known", "failed", "timed_out"};
  std::string out = states[static_cast<unsigned>(answer.state)];
  for (const Address& address : answer.addresses())
    out += " " + address.to_string();
  return out;
}

}  // namespace

TEST_GROUP(resolver) {
  uv_loop_t loop{};
  Kept kept;
  Log log{kept};
  Result<shm::Names> made = shm::Names::create(64);
  shm::Names& names = made.value();
  std::unique_ptr<DnsServer> server;
  std::unique_ptr<agent::Resolver> resolver;
  std::chrono::milliseconds patience{5000};  // short only where a test waits for the time-out

  void setup() override {
    uv_loop_init(&loop);
    log.set_level(Level::info);
    server = std::make_unique<DnsServer>(&loop);
  }
  void teardown() override {
    resolver.reset();
    server.reset();
    uv_run(&loop, UV_RUN_DEFAULT);
    CHECK_EQUAL(0, uv_loop_close(&loop));
  }

  void start(std::vector<std::string> hosts) {
    agent::ResolverOptions options;
    options.dns = {server->address(), patience, 1};
    options.limits.first_retry = 3600s;  // whatever fails in a test fails once
    options.limits.longest_retry = 3600s;
    options.parallel = 4;
    resolver = std::make_unique<agent::Resolver>(&loop, names, log, options);
    resolver->set_names(std::move(hosts));
  }

  // Turns the loop until the name is known or failed, for ten seconds at most.
  std::string settled(std::string_view host) {
    bool late = false;
    net::Alarm guard(&loop, [&] { late = true; });
    guard.arm(10s);
    while (!late && names.lookup(host).state == NameState::unknown)
      uv_run(&loop, UV_RUN_ONCE);
    return shown(names.lookup(host));
  }
};

TEST(resolver, both_families_are_asked_for_and_published) {
  server->hosts["app.test"] = {{"192.0.2.2", "192.0.2.1", "2001:db8::1"}};

  start({"app.test"});

  CHECK_EQUAL(std::string("known 2001:db8::1 192.0.2.1 192.0.2.2"), settled("app.test"));
  CHECK_EQUAL(2u, server->asked);
}

TEST(resolver, one_family_is_enough) {
  server->hosts["v4.test"] = {{"192.0.2.1"}};
  server->hosts["v6.test"] = {{"2001:db8::1"}};

  start({"v4.test", "V6.test"});

  CHECK_EQUAL(std::string("known 192.0.2.1"), settled("v4.test"));
  CHECK_EQUAL(std::string("known 2001:db8::1"), settled("v6.test"));
}

TEST(resolver, what_does_not_exist_fails_and_is_logged_once) {
  start({"no.test"});

  CHECK_EQUAL(std::string("failed"), settled("no.test"));
  STRCMP_CONTAINS("WRN host name does not resolve", kept.text.c_str());
  STRCMP_CONTAINS("host=no.test error=\"Domain name not found\"", kept.text.c_str());
}

TEST(resolver, a_name_without_addresses_fails) {
  server->hosts["empty.test"] = {};

  start({"empty.test"});

  CHECK_EQUAL(std::string("failed"), settled("empty.test"));
}

TEST(resolver, a_silent_server_is_a_time_out) {
  server->hosts["slow.test"] = {.silent = true};
  patience = 40ms;

  start({"slow.test"});

  CHECK_EQUAL(std::string("timed_out"), settled("slow.test"));
}

TEST(resolver, a_server_that_refuses_is_a_failure) {
  server->hosts["app.test"] = {.code = 5};

  start({"app.test"});

  CHECK_EQUAL(std::string("failed"), settled("app.test"));
}

TEST(resolver, garbage_is_a_failure) {
  server->hosts["a.test"] = {.raw = std::string("\x81\x80\0\1\xff\xff\0\0\0\0\xc0\x0c", 12)};
  server->hosts["b.test"] = {.raw = std::string(400, '\xff')};
  server->hosts["c.test"] = {.raw = "\x81"};
  patience = 40ms;

  start({"a.test", "b.test", "c.test"});

  CHECK_FALSE(settled("a.test").starts_with("known"));
  CHECK_FALSE(settled("b.test").starts_with("known"));
  CHECK_FALSE(settled("c.test").starts_with("known"));
}

TEST(resolver, many_addresses_are_cut_to_sixteen_of_both_families) {
  DnsServer::Host& host = server->hosts["many.test"];
  for (int i = 0; i < 24; ++i)
    host.addresses.push_back("192.0.2." + std::to_string(i + 100));
  for (int i = 0; i < 12; ++i)
    host.addresses.push_back("2001:db8::" + std::to_string(i + 10));

  start({"many.test"});
  settled("many.test");

  const auto answer = names.lookup("many.test");
  CHECK_EQUAL(16u, answer.count);
  CHECK_EQUAL(std::string("2001:db8::10"), answer.list[0].to_string());
  CHECK_EQUAL(std::string("192.0.2.107"), answer.list[15].to_string());
}

TEST(resolver, addresses_need_no_look_up) {
  start({"192.0.2.1", "::1", ""});

  CHECK_EQUAL(0u, names.list().size());
  CHECK_EQUAL(0u, server->asked);
}

TEST(resolver, localhost_is_known_without_a_server) {
  server->hosts["localhost"] = {.silent = true};

  start({"localhost", "web.localhost"});

  STRCMP_CONTAINS("127.0.0.1", settled("localhost").c_str());
  STRCMP_CONTAINS("127.0.0.1", settled("web.localhost").c_str());
  CHECK_EQUAL(0u, server->asked);
}

TEST(resolver, what_is_invalid_by_definition_is_not_asked_for) {
  server->hosts["invalid.test"] = {{"192.0.2.1"}};

  start({"no-such-name.invalid", "invalid.test"});

  CHECK_EQUAL(std::string("failed"), settled("no-such-name.invalid"));
  CHECK_EQUAL(std::string("known 192.0.2.1"), settled("invalid.test"));
  CHECK_EQUAL(2u, server->asked);
}

TEST(resolver, more_names_than_questions_at_a_time_get_their_turn) {
  std::vector<std::string> hosts;
  for (int i = 0; i < 40; ++i)
    hosts.push_back("host-" + std::to_string(i) + ".test");
  for (const std::string& host : hosts)
    server->hosts[host] = {{"192.0.2.1"}};

  start(hosts);

  unsigned known = 0;
  for (const std::string& host : hosts)
    known += settled(host) == "known 192.0.2.1";
  CHECK_EQUAL(40u, known);
}

TEST(resolver, names_that_are_no_host_names_do_no_harm) {
  start({std::string(300, 'a'), std::string(253, 'a'), "a..b", "sp ace.test", "x\\.test"});

  CHECK_EQUAL(std::string("failed"), settled("a..b"));
  CHECK_EQUAL(std::string("failed"), settled(std::string(253, 'a')));
  CHECK_EQUAL(std::string("failed"), settled("sp ace.test"));
  STRCMP_CONTAINS("cannot be published", kept.text.c_str());
}

TEST(resolver, it_can_be_stopped_in_the_middle_of_a_question) {
  server->hosts["slow.test"] = {.silent = true};
  start({"slow.test", "app.test"});
  uv_run(&loop, UV_RUN_NOWAIT);

  resolver->stop();
  resolver->stop();
  resolver->set_names({"other.test"});

  CHECK_EQUAL(0u, names.list().size());
}

TEST(resolver, what_an_agent_before_has_found_survives_a_failure) {
  const Address before = Address::v4(0xc0000209);
  names.publish("app.test", {&before, 1}, NameState::known);
  server->hosts["app.test"] = {.code = 2};

  start({"app.test", "sentinel.test"});
  settled("sentinel.test");

  CHECK_EQUAL(std::string("known 192.0.2.9"), shown(names.lookup("app.test")));
}
