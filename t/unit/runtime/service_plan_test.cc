// SPDX-License-Identifier: MIT
#include "runtime/service_plan.h"

#include "t/lib/config_trial.h"
#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

#include <string>

using namespace pm;
using routing::Standing;

TEST_GROUP(service_plan) {
  config::Config config;
  runtime::ServicePlans plans;

  // What building found in `http:` of this text.
  std::string plan(std::string_view http) {
    config::trial::Trial trial{"http:\n" + std::string(http)};
    CHECK_TRUE_TEXT(trial.is_dynamic_good, trial.found().c_str());
    config = trial.config;
    trial.findings = config::Findings();
    trial.findings.add_source("f");
    const auto transports = runtime::plan_transports(config, trial.findings);
    const auto middleware = [](std::string_view name) {
      return name == "good@file"  ? Standing::usable
             : name == "bad@file" ? Standing::broken
                                  : Standing::unknown;
    };
    plans = runtime::plan_services({config, all_modules, transports, middleware}, trial.findings);
    return trial.findings.text();
  }
  std::string plan_services(std::string_view services) {
    return plan("  services:\n" + std::string(services));
  }
  Standing standing(std::string_view name) {
    return plans.find(std::string(name) + "@file")->second.standing;
  }
  bool all_usable() {
    for (const auto& [name, one] : plans) {
      if (one.standing != Standing::usable) return false;
    }
    return true;
  }
};

TEST(service_plan, a_load_balancer_has_its_urls_strategy_and_transport) {
  const std::string found =
      plan_services("    a: {loadBalancer: {servers: [{url: 'http://h:1/x'}]}}\n");

  CHECK_EQUAL(std::string_view(""), std::string_view(found));
  const runtime::ServicePlan& a = plans.find("a@file")->second;
  LONGS_EQUAL(1, a.urls.size());
  CHECK_EQUAL(std::string_view("h"), std::string_view(a.urls[0].host));
  CHECK_EQUAL(std::string_view("wrr"), a.balancer->name);
  POINTERS_EQUAL(&config.fixed.servers_transport, a.transport);
}

TEST(service_plan, an_alias_of_a_strategy_is_that_strategy) {
  plan_services("    a: {loadBalancer: {strategy: roundrobin, servers: [{url: 'http://h'}]}}\n");

  CHECK_EQUAL(std::string_view("wrr"), plans.find("a@file")->second.balancer->name);
}

TEST(service_plan, a_diamond_is_no_cycle) {
  const std::string found = plan_services(
      "    top: {weighted: {services: [{name: left}, {name: right}]}}\n"
      "    left: {weighted: {services: [{name: bottom}]}}\n"
      "    right: {weighted: {services: [{name: bottom}]}}\n"
      "    bottom: {loadBalancer: {servers: [{url: 'http://h'}]}}\n");

  CHECK_EQUAL(std::string_view(""), std::string_view(found));
  CHECK_TRUE(all_usable());
}

TEST(service_plan, every_service_on_a_cycle_is_broken_and_says_so) {
  const std::string found = plan_services(
      "    a: {weighted: {services: [{name: b}]}}\n"
      "    b: {weighted: {services: [{name: c}]}}\n"
      "    c: {weighted: {services: [{name: a}]}}\n");

  STRCMP_CONTAINS(
      "service \"a\" is part of a cycle: a@file -> b@file -> c@file -> a@file; "
      "take one of the references out",
      found.c_str());
  for (const char* name : {"a", "b", "c"})
    CHECK_TRUE(standing(name) == Standing::broken);
}

TEST(service_plan, a_service_that_needs_itself_is_a_cycle) {
  const std::string found = plan_services("    a: {weighted: {services: [{name: a}]}}\n");

  STRCMP_CONTAINS("is part of a cycle: a@file -> a@file", found.c_str());
  CHECK_TRUE(standing("a") == Standing::broken);
}

TEST(service_plan, who_needs_a_cycle_is_broken_but_no_part_of_it) {
  const std::string found = plan_services(
      "    a: {weighted: {services: [{name: b}]}}\n"
      "    b: {weighted: {services: [{name: c}]}}\n"
      "    c: {weighted: {services: [{name: b}]}}\n");

  STRCMP_CONTAINS("service \"a\" needs service \"b@file\", which cannot be built", found.c_str());
  STRCMP_CONTAINS("service \"c\" is part of a cycle: b@file -> c@file -> b@file", found.c_str());
  CHECK_TRUE(standing("a") == Standing::broken);
}

TEST(service_plan, two_cycles_through_one_service_break_all_of_them) {
  plan_services(
      "    a: {weighted: {services: [{name: b}, {name: c}]}}\n"
      "    b: {weighted: {services: [{name: a}]}}\n"
      "    c: {weighted: {services: [{name: b}]}}\n");

  for (const char* name : {"a", "b", "c"})
    CHECK_TRUE(standing(name) == Standing::broken);
}

TEST(service_plan, a_broken_child_breaks_its_parents_and_nobody_else) {
  const std::string found = plan_services(
      "    top: {weighted: {services: [{name: middle}, {name: good}]}}\n"
      "    middle: {weighted: {services: [{name: bad}]}}\n"
      "    bad: {loadBalancer: {servers: [{url: 'nowhere'}]}}\n"
      "    good: {loadBalancer: {servers: [{url: 'http://h'}]}}\n");

  STRCMP_CONTAINS("service \"bad\" has a server URL that has no scheme; write http://HOST:PORT",
                  found.c_str());
  STRCMP_CONTAINS(
      "service \"middle\" needs service \"bad@file\", which cannot be built; "
      "mend that service first",
      found.c_str());
  STRCMP_CONTAINS("service \"top\" needs service \"middle@file\"", found.c_str());
  CHECK_TRUE(standing("top") == Standing::broken);
  CHECK_TRUE(standing("good") == Standing::usable);
}

TEST(service_plan, an_unknown_child_breaks_its_parent) {
  const std::string found = plan_services("    a: {weighted: {services: [{name: nobody}]}}\n");

  STRCMP_CONTAINS("service \"a\" names the unknown service \"nobody\"", found.c_str());
  CHECK_TRUE(standing("a") == Standing::broken);
}

TEST(service_plan, a_chain_of_many_services_is_walked) {
  std::string services = "    s0: {loadBalancer: {servers: [{url: 'http://h'}]}}\n";
  for (int i = 1; i < 300; ++i) {
    services += "    s" + std::to_string(i) + ": {weighted: {services: [{name: s" +
                std::to_string(i - 1) + "}]}}\n";
  }

  CHECK_EQUAL(std::string_view(""), std::string_view(plan_services(services)));
  CHECK_TRUE(all_usable());
}

TEST(service_plan, a_service_of_no_type_or_of_two_is_broken) {
  const std::string found = plan_services(
      "    b: {loadBalancer: {servers: [{url: 'http://h'}]},"
      " failover: {service: a, fallback: a}}\n"
      "    c: {failover: {service: b, fallback: b}}\n");

  STRCMP_CONTAINS("service \"b\" has more than one type; give each type a service of its own",
                  found.c_str());
  STRCMP_CONTAINS("service \"c\" is of type \"failover\", which is not supported yet",
                  found.c_str());
}

TEST(service_plan, a_server_is_spoken_to_in_the_clear_over_tls_or_by_http2_alone) {
  const std::string found = plan_services(
      "    a: {loadBalancer: {servers: [{url: 'http://h'}, {url: 'https://h'}, "
      "{url: 'h2c://h'}]}}\n");

  CHECK_EQUAL(std::string(""), found);
  CHECK_TRUE(all_usable());
}

TEST(service_plan, a_strategy_that_comes_later_or_never_is_told_apart) {
  const std::string found = plan_services(
      "    a: {loadBalancer: {strategy: p2c, servers: [{url: 'http://h'}]}}\n"
      "    b: {loadBalancer: {strategy: wrrr, servers: [{url: 'http://h'}]}}\n");

  STRCMP_CONTAINS("service \"a\" uses strategy \"p2c\", which is not supported yet; use wrr",
                  found.c_str());
  STRCMP_CONTAINS("service \"b\" uses the unknown strategy \"wrrr\"; did you mean \"wrr\"?",
                  found.c_str());
}

TEST(service_plan, a_transport_is_found_by_its_name) {
  const std::string found = plan(
      "  serversTransports: {slow: {maxIdleConnsPerHost: 7}}\n"
      "  services:\n"
      "    a: {loadBalancer: {serversTransport: slow, servers: [{url: 'http://h'}]}}\n"
      "    b: {loadBalancer: {serversTransport: slwo, servers: [{url: 'http://h'}]}}\n");

  POINTERS_EQUAL(config.dynamic.servers_transports.data(), plans.find("a@file")->second.transport);
  STRCMP_CONTAINS(
      "service \"b\" names the unknown serversTransport \"slwo\"; did you mean \"slow\"?",
      found.c_str());
}

TEST(service_plan, a_check_that_cannot_be_made_breaks_its_service) {
  const std::string found = plan_services(
      "    a: {loadBalancer: {healthCheck: {scheme: ftp}, servers: [{url: 'http://h'}]}}\n");

  CHECK_TRUE(standing("a") == Standing::broken);
  STRCMP_CONTAINS("service \"a\" has a healthCheck of scheme \"ftp\", which cannot be asked",
                  found.c_str());
}

TEST(service_plan, the_children_of_a_checked_parent_are_checked_themselves) {
  const std::string found = plan_services(
      "    a: {loadBalancer: {servers: [{url: 'http://h'}]}}\n"
      "    b: {loadBalancer: {healthCheck: {path: /}, servers: [{url: 'http://h'}]}}\n"
      "    bad: {weighted: {healthCheck: {}, services: [{name: a}, {name: b}]}}\n"
      "    good: {weighted: {healthCheck: {}, services: [{name: b}]}}\n"
      "    higher: {weighted: {healthCheck: {}, services: [{name: good}]}}\n");

  CHECK_TRUE(standing("bad") == Standing::broken);
  CHECK_TRUE(standing("good") == Standing::usable);
  CHECK_TRUE(standing("higher") == Standing::usable);
  STRCMP_CONTAINS("has a healthCheck and the child \"a@file\" has none", found.c_str());
}

TEST(service_plan, a_check_without_the_client_certificate_of_its_transport_is_warned_of) {
  const std::string found = plan(
      "  serversTransports: {t: {certificates: [{certFile: c.pem, keyFile: k.pem}]}}\n"
      "  services:\n"
      "    a: {loadBalancer: {serversTransport: t, healthCheck: {path: /}, servers: [{url: "
      "'https://h'}]}}\n");

  STRCMP_CONTAINS("without the client certificates of its serversTransport", found.c_str());
  CHECK_TRUE(standing("a") == Standing::usable);
}
