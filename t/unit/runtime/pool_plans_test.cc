// SPDX-License-Identifier: MIT
#include "runtime/pool_plans.h"

#include <CppUTest/TestHarness.h>

#include <chrono>
#include <string>

using namespace std::chrono_literals;
using pm::Address;
using pm::config::ServersTransport;
using pm::runtime::PoolPlans;
using pm::upstream::TransportSettings;

namespace {

TransportSettings settings_of(const ServersTransport& transport) {
  return PoolPlans("").of(transport, nullptr)->settings;
}

std::string key_of(const ServersTransport& transport) {
  return PoolPlans("").of(transport, nullptr)->key;
}

}  // namespace

TEST_GROUP(pool_plans){};

TEST(pool_plans, a_transport_says_how_http2_is_spoken) {
  ServersTransport transport;
  transport.disable_http2 = true;
  transport.forwarding_timeouts.read_idle = 1500ms;
  transport.forwarding_timeouts.ping = 2s;

  const TransportSettings settings = settings_of(transport);

  CHECK_TRUE(settings.disable_http2);
  LONGS_EQUAL(1500, settings.read_idle_ms);
  LONGS_EQUAL(2000, settings.ping_timeout_ms);
}

TEST(pool_plans, silence_is_not_asked_about_unless_somebody_says_so) {
  const TransportSettings settings = settings_of({});
  CHECK_FALSE(settings.disable_http2);
  LONGS_EQUAL(0, settings.read_idle_ms);
  LONGS_EQUAL(15000, settings.ping_timeout_ms);

  ServersTransport none;
  none.forwarding_timeouts.ping = 0s;
  LONGS_EQUAL(15000, settings_of(none).ping_timeout_ms);
}

TEST(pool_plans, what_is_spoken_otherwise_is_a_pool_of_its_own) {
  const std::string usual = key_of({});
  ServersTransport http1;
  http1.disable_http2 = true;
  ServersTransport asking;
  asking.forwarding_timeouts.read_idle = 1s;
  ServersTransport patient;
  patient.forwarding_timeouts.ping = 20s;

  CHECK_EQUAL(usual, key_of({}));
  for (const ServersTransport& other : {http1, asking, patient})
    CHECK(usual != key_of(other));
}

TEST(pool_plans, where_servers_may_be_is_said_of_every_transport_and_makes_another_pool) {
  PoolPlans plans("", {{"10.0.0.0/8", {}}, {"::1", {}}});
  const auto plan = plans.of({}, nullptr);

  CHECK(plan->settings.reachable.contains(*Address::parse("10.1.2.3")));
  CHECK_FALSE(plan->settings.reachable.contains(*Address::parse("127.0.0.1")));
  CHECK(plan->key != key_of({}));
  CHECK(settings_of({}).reachable.empty());
}
