// SPDX-License-Identifier: MIT
// The dynamic part: routers, services, middlewares, transports (http-routing.md section 1, http-services.md).
#include "t/lib/config_trial.h"
#include "t/lib/table.h"

#include <CppUTest/TestHarness.h>

using namespace pm::config;
using namespace pm::config::trial;

namespace {

std::string keys_of(const std::vector<At<std::string>>& list) {
  std::string text;
  for (const At<std::string>& element : list)
    text += (text.empty() ? "" : ",") + element.value;
  return text;
}

std::string router(std::string_view keys) {
  return findings_of("http: {routers: {r: {" + std::string(keys) + "}}}");
}

}  // namespace

TEST_GROUP(dynamic_options){};

TEST(dynamic_options, a_router_has_the_defaults_of_the_specification) {
  const Trial trial("http: {routers: {r: {rule: x}}}");

  const Router& r = trial.config.dynamic.routers[0];
  LONGS_EQUAL(0, r.priority.value);
  CHECK(r.entry_points.empty());
  CHECK(r.rule_syntax.empty());
  CHECK_FALSE(r.tls.has_value());
  CHECK_FALSE(r.observability.has_value());
}

TEST(dynamic_options, tls_of_a_router_is_kept_for_the_building) {
  static constexpr Row rows[] = {
      {"service: s, tls: {}", "yes"},
      {"service: s, tls: true", "yes"},
      {"service: s, tls: {options: a}", "yes"},
      {"service: s, tls: false", "no"},
      {"service: s, tls: ", "no"},
  };

  check_rows(rows, [](std::string_view in) {
    const Trial trial("http: {routers: {r: {" + std::string(in) + "}}}");
    return trial.is_dynamic_good && trial.config.dynamic.routers[0].tls.has_value();
  });
}

TEST(dynamic_options, what_a_router_cannot_be_refuses_the_document) {
  static constexpr Row rows[] = {
      {"priority: high",
       "1:32: error: http.routers.r.priority \"high\": not a whole number; write digits without a "
       "unit"},
      {"priority: -3", "ok"},
      {"priority: 9223372036854775807", "ok"},
      {"ruleSyntax: v2", "ok"},
      {"ruleSyntax: v5",
       "1:21: warning: http.routers.r has a ruleSyntax that is neither v3 nor v2, which means v3; "
       "take it out"},
      {"observability: {tracing: false}", "ok"},
      {"observability: {}",
       "1:37: error: http.routers.r.observability: an empty section cannot stand alone; write keys "
       "below it, or take it out"},
      {"observability: {traceVerbosity: much}",
       "1:54: error: http.routers.r.observability.traceVerbosity \"much\": not known; write one of "
       "minimal, detailed"},
      {"tls: [a]",
       "1:27: error: http.routers.r.tls: a list where a section is needed; write keys below it"},
  };

  check_rows(rows, router);
}

TEST(dynamic_options, observability_of_a_router_starts_with_nothing_but_the_verbosity) {
  const Trial trial("http: {routers: {r: {observability: {metrics: false}}}}");

  const RouterObservability& observability = *trial.config.dynamic.routers[0].observability;
  CHECK_FALSE(observability.access_logs.has_value());
  CHECK(observability.metrics == false);
  CHECK_EQUAL(std::string_view("minimal"), std::string_view(observability.trace_verbosity));
}

TEST(dynamic_options, a_load_balancer_has_the_defaults_of_the_specification) {
  const Trial trial("http: {services: {s: {loadBalancer: {servers: [{url: 'http://a'}]}}}}");

  const LoadBalancer& balancer = *trial.config.dynamic.services[0].load_balancer;
  CHECK_EQUAL(std::string_view("wrr"), std::string_view(balancer.strategy.value));
  CHECK(balancer.pass_host_header);
  LONGS_EQUAL(1, balancer.servers[0].weight.value);
  LONGS_EQUAL(
      100, std::chrono::duration_cast<std::chrono::milliseconds>(balancer.flush_interval).count());
  UNSIGNED_LONGS_EQUAL(54, balancer.servers[0].url.mark.column);
}

TEST(dynamic_options, parts_of_a_service_that_are_not_there_yet_are_noted_and_break_nothing_else) {
  static constexpr Row rows[] = {
      {"loadBalancer: {servers: [{url: a}]}", ""},
      {"loadBalancer: {sticky: {cookie: {}}, healthCheck: {path: /}}", "sticky"},
      {"loadBalancer: {passiveHealthCheck: {maxFailedAttempts: 1}, circuitBreaker: "
       "{failureThreshold: 5}}",
       "passiveHealthCheck,circuitBreaker"},
      {"loadBalancer: {sticky: false, passHostHeader: true}", ""},
      {"weighted: {services: [{name: a}], sticky: {cookie: {}}, healthCheck: {}}", "sticky"},
      {"mirroring: {service: a}", "mirroring"},
      {"highestRandomWeight: {services: []}", "highestRandomWeight"},
      {"failover: {service: a, fallback: b}", "failover"},
      {"loadBalancer: {passHostHeader: true}, weighted: {services: [{name: a}]}", "weighted"},
      {"loadBalancer: {passHostHeader: true}, mirroring: {service: a}", "mirroring"},
  };

  check_rows(rows, [](std::string_view in) {
    const Trial trial("http: {services: {s: {" + std::string(in) + "}}}");
    if (trial.found() != "ok") return trial.found();
    const Service& service = trial.config.dynamic.services[0];
    std::string keys = keys_of(service.other_types);
    if (service.load_balancer) keys += keys_of(service.load_balancer->unsupported);
    if (service.weighted) keys += keys_of(service.weighted->unsupported);
    return keys;
  });
}

TEST(dynamic_options, a_health_check_has_the_defaults_of_the_specification) {
  const Trial trial(
      "http: {services: {s: {loadBalancer: {servers: [{url: 'http://a'}], healthCheck: {path: "
      "/h}}}}}");

  const HealthCheck& check = *trial.config.dynamic.services[0].load_balancer->health_check;
  CHECK_EQUAL(std::string("GET"), check.method.value);
  LONGS_EQUAL(0, check.status);
  CHECK(check.follow_redirects);
  CHECK(check.interval.value == std::chrono::seconds(30));
  CHECK(check.timeout.value == std::chrono::seconds(5));
  CHECK_FALSE(check.unhealthy_interval.has_value());
}

TEST(dynamic_options, what_a_health_check_cannot_be_refuses_the_document) {
  static constexpr Row rows[] = {
      {"status: 1000",
       "1:60: error: http.services.s.loadBalancer.healthCheck.status \"1000\": out of range; write "
       "0 to "
       "999"},
      {"method: 'G T'",
       "1:60: error: http.services.s.loadBalancer.healthCheck.method \"G T\": not allowed here; "
       "write a "
       "method, as in GET"},
      {"interval: never",
       "1:62: error: http.services.s.loadBalancer.healthCheck.interval \"never\": not a duration; "
       "write a number with ns, us, ms, s, m or h, as in 1m30s"},
  };

  check_rows(rows, [](std::string_view in) {
    return findings_of("http: {services: {s: {loadBalancer: {healthCheck: {" + std::string(in) +
                       "}}}}}");
  });
}

TEST(dynamic_options, the_children_of_a_weighted_service_keep_their_places) {
  const Trial trial(
      "http: {services: {w: {weighted: {services: [{name: a, weight: 0}, {name: b}]}}}}");

  const Weighted& weighted = *trial.config.dynamic.services[0].weighted;
  LONGS_EQUAL(0, weighted.services[0].weight.value);
  LONGS_EQUAL(1, weighted.services[1].weight.value);
  UNSIGNED_LONGS_EQUAL(74, weighted.services[1].name.mark.column);
}

TEST(dynamic_options, a_middleware_has_one_type_and_is_not_read_further) {
  static constexpr Row rows[] = {
      {"compress: {}", "ok"},
      {"Whatever: {any: [thing]}", "ok"},
      {"compress: {}, retry: ", "ok"},
      {"compress: ",
       "1:25: error: http.middlewares.m has no type; give it one type with its options below"},
      {"compress: {}, retry: {attempts: 2}",
       "1:25: error: http.middlewares.m has more than one type; give each type a name of its own"},
  };

  check_rows(rows, [](std::string_view in) {
    return findings_of("http: {middlewares: {m: {" + std::string(in) + "}}}");
  });
}

TEST(dynamic_options, a_middleware_of_two_types_does_not_refuse_the_document) {
  const Trial trial(
      "http: {middlewares: {m: {compress: {}, retry: {attempts: 2}}}, routers: {r: {service: s}}}");

  CHECK(trial.is_dynamic_good);
  UNSIGNED_LONGS_EQUAL(1, trial.findings.count(Severity::broken));
}

TEST(dynamic_options, a_middleware_is_a_section) {
  CHECK_EQUAL(std::string_view("1:25: error: http.middlewares.m: a single value where a section is "
                               "needed; write keys below it"),
              std::string_view(findings_of("http: {middlewares: {m: compress}}")));
}

TEST(dynamic_options, a_named_transport_knows_its_name_and_provider) {
  const Trial trial("http: {serversTransports: {slow: {forwardingTimeouts: {dialTimeout: 1s}}}}");

  const ServersTransport& transport = trial.config.dynamic.servers_transports[0];
  CHECK_EQUAL(std::string_view("slow"), std::string_view(transport.name));
  CHECK_EQUAL(std::string_view("file"), std::string_view(transport.provider));
  LONGS_EQUAL(
      1,
      std::chrono::duration_cast<std::chrono::seconds>(transport.forwarding_timeouts.dial).count());
}

TEST(dynamic_options, other_kinds_of_traffic_refuse_the_document) {
  static constexpr Row rows[] = {
      {"tcp: {routers: {r: {rule: x}}}", "1:6: error: tcp is not supported yet; take it out"},
      {"udp: {services: {s: {}}}", "1:6: error: udp is not supported yet; take it out"},
      {"tcp:", "ok"},
      {"http: {models: {m: {}}}",
       "1:16: warning: http.models is not supported yet and has no effect"},
  };

  check_rows(rows, findings_of);
}
