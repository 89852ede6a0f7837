// SPDX-License-Identifier: MIT
#include "runtime/probe_plan.h"

#include "t/lib/config_trial.h"
#include "t/lib/table.h"

#include <CppUTest/TestHarness.h>

using namespace pm;

TEST_GROUP(probe_plan) {
  config::Config config;
  std::vector<upstream::Probe> probes;

  void make(std::string_view check, std::string_view url = "http://h:81/app",
            std::string_view more = "") {
    config::trial::Trial trial{"http: {services: {s: {loadBalancer: {" + std::string(more) +
                               "healthCheck: {" + std::string(check) + "}, servers: [{url: '" +
                               std::string(url) + "'}]}}}}"};
    CHECK_TRUE_TEXT(trial.is_dynamic_good, trial.found().c_str());
    config = std::move(trial.config);
    probes = runtime::make_probes(config, [](std::string_view) { return true; });
  }
  std::string faults(std::string_view check) {
    make(check);
    std::string text;
    const auto& source = *config.dynamic.services[0].load_balancer->health_check;
    for (const runtime::CheckFault& fault : runtime::judge_check(source, nullptr))
      text += (fault.severity == config::Severity::broken ? "E " : "W ") + fault.what + "\n";
    return text;
  }
};

TEST(probe_plan, the_url_that_is_asked) {
  static constexpr Row rows[] = {
      {"path: /health", "http://h:81/health"},
      {"path: '/health?deep=1'", "http://h:81/health?deep=1"},
      {"path: health", "http://h:81/health"},
      {"interval: 1s", "http://h:81/app"},
      {"path: /x, port: 9000", "http://h:9000/x"},
      {"path: /x, scheme: https", "https://h:81/x"},
      {"path: /x, scheme: HTTP", "http://h:81/x"},
      {"path: 'http://other/x'", ""},
      {"path: //other/x", ""},
  };

  check_rows(rows, [this](std::string_view check) {
    make(check);
    return probes.empty() ? "none" : probes[0].url;
  });
}

TEST(probe_plan, an_address_of_v6_keeps_its_brackets) {
  make("path: /x, port: 9000", "http://[::1]:81");
  CHECK_EQUAL(std::string("http://[::1]:9000/x"), probes[0].url);
}

TEST(probe_plan, the_defaults_are_traefiks) {
  make("path: /");
  const upstream::Probe& probe = probes[0];

  CHECK_EQUAL(30000u, probe.interval_ms);
  CHECK_EQUAL(30000u, probe.unhealthy_interval_ms);
  CHECK_EQUAL(5000u, probe.timeout_ms);
  CHECK_EQUAL(std::string("GET"), probe.method);
  CHECK_TRUE(probe.follow_redirects);
  CHECK_TRUE(probe.is_good(200) && probe.is_good(399));
  CHECK_FALSE(probe.is_good(199) || probe.is_good(400));
}

TEST(probe_plan, one_that_is_down_is_asked_as_often_as_others_unless_told) {
  make("interval: 7s");
  CHECK_EQUAL(7000u, probes[0].unhealthy_interval_ms);
  make("interval: 7s, unhealthyInterval: 2s");
  CHECK_EQUAL(2000u, probes[0].unhealthy_interval_ms);
}

TEST(probe_plan, times_that_are_none_are_the_usual_ones) {
  make("interval: 0s, unhealthyInterval: -1s, timeout: 0s");

  CHECK_EQUAL(30000u, probes[0].interval_ms);
  CHECK_EQUAL(30000u, probes[0].unhealthy_interval_ms);
  CHECK_EQUAL(5000u, probes[0].timeout_ms);
}

TEST(probe_plan, what_is_wrong_with_a_check_is_said) {
  static constexpr Row rows[] = {
      {"path: /", ""},
      {"mode: grpc", ""},
      {"mode: grpc, path: 'https://x/'", ""},
      {"mode: odd", ""},
      {"scheme: h2c", ""},
      {"scheme: ftp", "E has a healthCheck of scheme \"ftp\", which cannot be asked\n"},
      {"path: 'https://x/'",
       "W has a healthCheck whose path names a scheme or a host, so every check fails\n"},
      {"interval: 0s", "W has a healthCheck whose interval is no time, so 30s is used\n"},
      {"unhealthyInterval: -1s",
       "W has a healthCheck whose unhealthyInterval is no time, so 30s is used\n"},
      {"timeout: 0s", "W has a healthCheck whose timeout is no time, so 5s is used\n"},
  };

  check_rows(rows, [this](std::string_view check) { return faults(check); });
}

TEST(probe_plan, the_same_url_twice_is_asked_once) {
  make("path: /", "http://h'}, {url: 'http://h'}, {url: 'http://i");
  LONGS_EQUAL(2, probes.size());
}

TEST(probe_plan, a_broken_service_is_not_asked) {
  make("path: /");
  CHECK_TRUE(runtime::make_probes(config, [](std::string_view) { return false; }).empty());
}

TEST(probe_plan, probes_differ_when_they_ask_otherwise) {
  make("path: /");
  const upstream::Probe before = probes[0];
  make("path: /");
  CHECK_TRUE(asks_the_same(before, probes[0]));
  make("path: /, headers: {a: b}");
  CHECK_FALSE(asks_the_same(before, probes[0]));
}
