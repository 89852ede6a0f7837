// SPDX-License-Identifier: MIT
#include "routing/build.h"

#include "runtime/modules.h"
#include "t/lib/config_trial.h"
#include "t/lib/sample_request.h"
#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

using namespace pm;

namespace {

constexpr std::string_view entry_points =
    "entryPoints: {web: {address: ':80'}, alt: {address: ':81'}}\n";

}  // namespace

TEST_GROUP(routing_build) {
  config::Config config;
  routing::Routing routing;
  std::string found;

  // Services and middlewares are what the text declares; those named "broken" are just that.
  void build(std::string_view text) {
    config::trial::Trial trial{text};
    CHECK_TRUE_TEXT(trial.is_parsed, trial.found().c_str());
    config = trial.config;
    trial.findings = config::Findings();
    trial.findings.add_source("f");
    const auto judge = [](const auto& list, std::string_view name) {
      for (const auto& item : list) {
        if (routing::qualified(item.name, item.provider) != name) continue;
        return item.name == "broken" ? routing::Standing::broken : routing::Standing::usable;
      }
      return routing::Standing::unknown;
    };
    const routing::BuildInput input{
        config, all_modules.matchers,
        [&](std::string_view name) { return judge(config.dynamic.services, name); },
        [&](std::string_view name) { return judge(config.dynamic.middlewares, name); },
        [&](std::string_view name) {
          return judge(config.dynamic.tls_options, name);
        }};
    routing = routing::build(input, trial.findings);
    found = trial.found();
  }

  void build_routers(std::string_view routers) {
    build(std::string(entry_points) +
          "http:\n  services:\n    a: {loadBalancer: {servers: [{url: 'http://h'}]}}\n" +
          "    broken: {loadBalancer: {servers: [{url: 'http://h'}]}}\n" +
          "  middlewares: {m: {addPrefix: {prefix: /x}}, broken: {addPrefix: {prefix: /x}}}\n" +
          "  routers:\n" + std::string(routers) +
          "    user: {rule: 'Host(`nobody`)', service: broken, entryPoints: [alt]}\n");
    // The line of `user` above, which is there so that no service is unused.
    const std::size_t at = found.find(" error: router \"user\"");
    CHECK_TRUE(at != std::string::npos);
    const std::size_t begin = found.rfind('\n', at);
    const std::size_t end = found.find('\n', at);
    const std::string before = begin == std::string::npos ? "" : found.substr(0, begin);
    const std::string after = end == std::string::npos ? "" : found.substr(end + 1);
    found = before + (before.empty() || after.empty() ? "" : "\n") + after;
  }

  std::string asked(std::string_view line, std::uint32_t entry_point = 0) {
    SampleRequest sample(line);
    std::uint32_t id = routing.root_table(entry_point, routing::Kind::plain).find(sample.request());
    std::string names;
    while (id != routing::nowhere) {
      const routing::Router& router = routing.routers[id];
      names += names.empty() ? router.name : ">" + router.name;
      if (router.children == routing::nowhere) return names;
      id = routing.tables[router.children].find(sample.request());
    }
    return names.empty() ? "404" : names + ">404";
  }
};

TEST(routing_build, services_of_our_own_have_routers_of_the_highest_priorities) {
  build(
      "entryPoints: {web: {address: ':80'}, traefik: {address: ':8080'}}\n"
      "api: {insecure: true}\nping: {}\nmetrics: {prometheus: {entryPoint: web}}\n");

  std::string text;
  for (const routing::Router& router : routing.routers) {
    text += router.name + " " + std::to_string(INT64_MAX - router.priority) + " " + router.rule +
            " " + router.service + " on " + std::to_string(router.entry_point) + "\n";
  }
  CHECK_EQUAL(std::string("ping@internal 0 PathPrefix(`/ping`) ping@internal on 1\n"
                          "prometheus@internal 0 PathPrefix(`/metrics`) prometheus@internal on 0\n"
                          "api@internal 1 PathPrefix(`/api`) api@internal on 1\n"
                          "dashboard@internal 2 PathPrefix(`/`) dashboard@internal on 1\n"),
              text);
}

TEST(routing_build, a_router_without_entry_points_listens_on_all) {
  build_routers("    r: {rule: 'Host(`h`)', service: a}\n");

  CHECK_EQUAL(std::string(""), found);
  CHECK_EQUAL(std::string("r@file"), asked("GET / host=h", 0));
  CHECK_EQUAL(std::string("r@file"), asked("GET / host=h", 1));
  CHECK_EQUAL(std::string("404"), asked("GET / host=other"));
}

TEST(routing_build, a_router_listens_only_where_it_says) {
  build_routers("    r: {rule: 'Host(`h`)', service: a, entryPoints: [alt, alt]}\n");

  CHECK_EQUAL(std::string("404"), asked("GET / host=h", 0));
  CHECK_EQUAL(std::string("r@file"), asked("GET / host=h", 1));
  LONGS_EQUAL(1, routing.routers.size());
}

TEST(routing_build, everything_is_resolved) {
  build_routers("    r: {rule: ' Host(`h`)', service: a, entryPoints: [alt]}\n");

  const routing::Router& router = routing.routers[0];
  CHECK_EQUAL(std::string("r@file"), router.name);
  CHECK_EQUAL(std::string("a@file"), router.service);
  LONGS_EQUAL(1, router.entry_point);
  LONGS_EQUAL(routing::nowhere, router.children);
  LONGS_EQUAL(10, router.priority);
  CHECK_TRUE(router.internal == routing::Internal::none);
  CHECK_FALSE(router.redirect.has_value());
  LONGS_EQUAL(0, router.forbidden);
}

TEST(routing_build, an_unknown_entry_point_is_passed_over) {
  build_routers("    r: {rule: 'Host(`h`)', service: a, entryPoints: [wep, web]}\n");

  CHECK_EQUAL(
      std::string(
          "8:54: warning: router \"r\" names the entry point \"wep\", which does not exist; "
          "did you mean \"web\"?"),
      found);
  CHECK_EQUAL(std::string("r@file"), asked("GET / host=h"));
}

TEST(routing_build, without_any_valid_entry_point_a_router_is_disabled) {
  build_routers("    r: {rule: 'Host(`h`)', service: a, entryPoints: [nothere]}\n");

  CHECK_EQUAL(
      std::string(
          "8:54: warning: router \"r\" names the entry point \"nothere\", which does not exist; "
          "declare it under entryPoints\n"
          "8:54: error: router \"r\" has no valid entry point; name one that is declared under "
          "entryPoints"),
      found);
  CHECK_EQUAL(std::string("404"), asked("GET / host=h"));
}

TEST(routing_build, a_broken_rule_disables_its_router_only) {
  build_routers(
      "    bad: {rule: Host(example.com), service: a}\n"
      "    good: {rule: 'Host(`h`)', service: a}\n");

  CHECK_EQUAL(
      std::string(
          "8:17: error: rule \"Host(example.com)\": argument must be quoted with ` or \"; write "
          "Host(`example.com`)"),
      found);
  CHECK_EQUAL(std::string("good@file"), asked("GET / host=h"));
}

TEST(routing_build, a_router_needs_a_rule) {
  build_routers("    r: {service: a}\n");

  CHECK_EQUAL(std::string("8:5: error: router \"r\" has no rule; write rule: Host(`example.com`), "
                          "or rule: \"*\" for everything"),
              found);
}

TEST(routing_build, reserved_priorities_are_refused) {
  build_routers(
      "    r: {rule: 'Host(`h`)', service: a, priority: 9223372036854774808}\n"
      "    s: {rule: 'Host(`h`)', service: a, priority: 9223372036854774807}\n");

  CHECK_EQUAL(std::string("8:50: error: router \"r\" has priority 9223372036854774808, which is "
                          "kept for internal routers; "
                          "use at most 9223372036854774807"),
              found);
  CHECK_EQUAL(std::string("s@file"), asked("GET / host=h"));
}

TEST(routing_build, a_router_with_tls_takes_https_only) {
  build_routers("    r: {rule: 'Host(`h`)', service: a, tls: {}}\n");

  CHECK_EQUAL(std::string(""), found);
  CHECK_EQUAL(std::string("404"), asked("GET / host=h"));
  CHECK_EQUAL(std::string("r@file"),
              routing.routers[routing.root_table(0, routing::Kind::tls).entries()[0].id].name);
  CHECK_TRUE(routing.tls[0].has_routers);
}

TEST(routing_build, services_must_exist_and_work) {
  build_routers(
      "    r: {rule: 'Host(`h`)', service: ab}\n"
      "    s: {rule: 'Host(`h`)', service: broken}\n"
      "    t: {rule: 'Host(`h`)', service: a@consul}\n"
      "    u: {rule: 'Host(`h`)'}\n");

  CHECK_EQUAL(
      std::string(
          "8:37: error: router \"r\" names the service \"ab\", which does not exist; did you mean "
          "\"a\"?\n"
          "9:37: error: router \"s\" needs the service \"broken\", which is broken; mend that "
          "service\n"
          "10:37: error: router \"t\" names the service \"a@consul\", which does not exist; "
          "declare it under "
          "http.services\n"
          "11:5: error: router \"u\" has neither a service nor children; write service: NAME\n"
          "4:5: warning: service \"a\" is never used"),
      found);
  CHECK_EQUAL(std::string("404"), asked("GET / host=h"));
}

TEST(routing_build, middlewares_must_exist_and_work) {
  build_routers(
      "    r: {rule: 'Host(`h`)', service: a, middlewares: [m, nothere]}\n"
      "    s: {rule: 'Host(`h`)', service: a, middlewares: [broken]}\n"
      "    t: {rule: 'Path(`/`)', service: a, middlewares: [m@file]}\n");

  CHECK_EQUAL(std::string("8:57: error: router \"r\" names the middleware \"nothere\", which does "
                          "not exist; declare it under "
                          "http.middlewares\n"
                          "9:54: error: router \"s\" needs the middleware \"broken\", which is "
                          "broken; mend that middleware, or "
                          "take it out of the list"),
              found);
  CHECK_EQUAL(std::string("t@file"), asked("GET / host=h"));
}

TEST(routing_build, internal_services_are_known) {
  build(
      "entryPoints: {web: {address: ':80'}}\n"
      "ping: {manualRouting: true}\n"
      "accessLog: {}\n"
      "http:\n"
      "  routers:\n"
      "    n: {rule: 'Path(`/n`)', service: noop@internal}\n"
      "    p: {rule: 'Path(`/p`)', service: ping@internal}\n"
      "    w: {rule: 'Path(`/w`)', service: whoami@internal}\n"
      "    x: {rule: 'Path(`/x`)', service: api@internal}\n");

  CHECK_EQUAL(std::string("9:38: error: router \"x\" names the service \"api@internal\", which is "
                          "not enabled; enable it in the "
                          "static configuration, or name another"),
              found);
  LONGS_EQUAL(3, routing.routers.size());
  CHECK_TRUE(routing.routers[0].internal == routing::Internal::noop);
  CHECK_TRUE(routing.routers[1].internal == routing::Internal::ping);
  CHECK_TRUE(routing.routers[2].internal == routing::Internal::whoami);
  CHECK_FALSE(routing.observed(0, 0).access_logs);
}

TEST(routing_build, internal_services_are_seen_when_internals_are) {
  build(
      "entryPoints: {web: {address: ':80', observability: {accessLogs: false}}}\n"
      "accessLog: {addInternals: true}\n"
      "http: {routers: {n: {rule: 'Path(`/n`)', service: noop@internal}}}\n");

  CHECK_TRUE(routing.observed(0, 0).access_logs);
}

TEST(routing_build, ping_brings_its_router) {
  build(
      "entryPoints: {web: {address: ':80'}}\n"
      "ping: {entryPoint: web}\n"
      "http: {routers: {all: {rule: '*', service: noop@internal, priority: "
      "9223372036854774807}}}\n");

  CHECK_EQUAL(std::string("ok"), found);
  CHECK_EQUAL(std::string("ping@internal"), asked("GET /pingfoo"));
  CHECK_EQUAL(std::string("all@file"), asked("GET /"));
}

TEST(routing_build, ping_by_hand_brings_none) {
  build(
      "entryPoints: {web: {address: ':80'}}\n"
      "ping: {entryPoint: web, manualRouting: true}\n");

  CHECK_EQUAL(std::string("404"), asked("GET /ping"));
}

TEST(routing_build, ping_needs_its_entry_point) {
  build(
      "entryPoints: {web: {address: ':80'}}\n"
      "ping: {entryPoint: wep}\n");

  CHECK_EQUAL(
      std::string("2:20: error: entry point \"wep\" of ping does not exist; did you mean \"web\"?"),
      found);
}

TEST(routing_build, a_redirection_leads_to_an_entry_point) {
  build(
      "entryPoints:\n"
      "  web: {address: ':80', http: {redirections: {entryPoint: {to: web_secure}}}}\n"
      "  web_secure: {address: '127.0.0.1:8443'}\n");

  CHECK_EQUAL(std::string("ok"), found);
  CHECK_EQUAL(std::string("web-to-web-secure@internal"), asked("GET / host=h"));
  CHECK_EQUAL(std::string("404"), asked("GET /"));
  CHECK_EQUAL(std::string("404"), asked("GET / host=h", 1));
  const routing::Redirect& redirect = *routing.routers[0].redirect;
  CHECK_EQUAL(std::string("https"), redirect.scheme);
  CHECK_EQUAL(std::string("8443"), redirect.port);
  CHECK_TRUE(redirect.permanent);
  CHECK_EQUAL(std::string("noop@internal"), routing.routers[0].service);
}

TEST(routing_build, a_port_of_the_scheme_is_not_named) {
  build(
      "entryPoints:\n"
      "  web: {address: ':80', http: {redirections: {entryPoint: {to: ':443', permanent: "
      "false}}}}\n"
      "  alt: {address: ':81', http: {redirections: {entryPoint: {to: web, scheme: http}}}}\n");

  CHECK_EQUAL(std::string("web-to-443@internal"), routing.routers[0].name);
  CHECK_EQUAL(std::string(""), routing.routers[0].redirect->port);
  CHECK_FALSE(routing.routers[0].redirect->permanent);
  CHECK_EQUAL(std::string(""), routing.routers[1].redirect->port);
}

TEST(routing_build, a_redirection_gives_way_by_its_priority) {
  build(
      "entryPoints:\n"
      "  web: {address: ':80', http: {redirections: {entryPoint: {to: ':443', priority: 10}}}}\n"
      "http:\n"
      "  routers:\n"
      "    high: {rule: 'Host(`high`)', service: noop@internal, priority: 11}\n"
      "    low: {rule: 'Host(`low`)', service: noop@internal, priority: 9}\n");

  CHECK_EQUAL(std::string("high@file"), asked("GET / host=high"));
  CHECK_EQUAL(std::string("web-to-443@internal"), asked("GET / host=low"));
}

TEST(routing_build, a_redirection_to_nowhere_is_absent) {
  build(
      "entryPoints:\n"
      "  web: {address: ':80', http: {redirections: {entryPoint: {to: nothere}}}}\n");

  CHECK_EQUAL(std::string("2:64: error: redirection of entry point \"web\" leads to \"nothere\", "
                          "which is neither an entry "
                          "point nor a port; write the name of an entry point, or \":443\""),
              found);
  CHECK_EQUAL(std::string("404"), asked("GET / host=h"));
}

TEST(routing_build, flagged_entry_points_are_the_default_ones) {
  build(
      "entryPoints: {a: {address: ':80'}, b: {address: ':81', asDefault: true}}\n"
      "http: {routers: {r: {rule: 'Host(`h`)', service: noop@internal}}}\n");

  CHECK_EQUAL(std::string("404"), asked("GET / host=h", 0));
  CHECK_EQUAL(std::string("r@file"), asked("GET / host=h", 1));
}

TEST(routing_build, udp_and_traefik_are_never_default) {
  build(
      "entryPoints: {u: {address: ':53/UDP'}, traefik: {address: ':81', asDefault: true}}\n"
      "http: {routers: {r: {rule: 'Host(`h`)', service: noop@internal}}}\n");

  CHECK_EQUAL(std::string("2:18: error: router \"r\" has no valid entry point; name one that is "
                          "declared under entryPoints"),
              found);
}

TEST(routing_build, a_guard_that_cannot_be_built_closes_its_entry_point) {
  build(
      "entryPoints: {web: {address: ':80', http: {middlewares: [guard@file]}}, alt: {address: "
      "':81'}}\n"
      "http:\n"
      "  routers:\n"
      "    r: {rule: 'Host(`h`)', service: noop@internal}\n"
      "    s: {rule: 'Path(`/s`)', service: noop@internal, entryPoints: [web]}\n");

  CHECK_EQUAL(std::string("1:58: error: entry point \"web\" needs the middleware \"guard@file\", "
                          "which does not exist; its "
                          "routers are disabled; mend that middleware, or take it out of the list"),
              found);
  CHECK_EQUAL(std::string("404"), asked("GET / host=h", 0));
  CHECK_EQUAL(std::string("404"), asked("GET /s", 0));
  CHECK_EQUAL(std::string("r@file"), asked("GET / host=h", 1));
}

TEST(routing_build, encoded_characters_are_those_of_the_entry_point) {
  build(
      "entryPoints: {web: {address: ':80', http: {encodedCharacters: {allowEncodedSlash: false, "
      "allowEncodedHash: false}}}}\n"
      "http: {routers: {r: {rule: 'Host(`h`)', service: noop@internal}}}\n");

  LONGS_EQUAL(1 + 64, routing.routers[0].forbidden);
}

TEST(routing_build, observation_is_inherited_key_by_key) {
  build(
      "entryPoints: {web: {address: ':80', observability: {accessLogs: false, tracing: false, "
      "traceVerbosity: detailed}}}\n"
      "http:\n"
      "  services: {a: {loadBalancer: {servers: [{url: 'http://h'}]}}}\n"
      "  routers:\n"
      "    r: {rule: 'Host(`h`)', service: a, observability: {accessLogs: true}}\n"
      "    s: {rule: 'Host(`i`)', service: a}\n");

  const routing::Observed own = routing.observed(0, 0);
  CHECK_TRUE(own.access_logs);
  CHECK_TRUE(own.metrics);
  CHECK_FALSE(own.tracing);
  CHECK_EQUAL(std::string("minimal"), own.trace_verbosity);
  CHECK_FALSE(routing.observed(1, 1).access_logs);
  CHECK_EQUAL(std::string("detailed"), routing.observed(1, 1).trace_verbosity);
}

TEST(routing_build, the_older_syntax_is_chosen_by_router_or_for_all) {
  build(
      "entryPoints: {web: {address: ':80'}}\n"
      "core: {defaultRuleSyntax: v2}\n"
      "http:\n"
      "  routers:\n"
      "    r: {rule: 'Host(`a`, `b`)', service: noop@internal}\n"
      "    s: {rule: 'Host(`c`) && PathRegexp(`.`)', service: noop@internal, ruleSyntax: v3}\n");

  CHECK_EQUAL(std::string("r@file"), asked("GET / host=b"));
  CHECK_EQUAL(std::string("s@file"), asked("GET / host=c"));
}

TEST(routing_build, services_that_nobody_names_are_told) {
  build(
      "entryPoints: {web: {address: ':80'}}\n"
      "http:\n"
      "  services:\n"
      "    a: {loadBalancer: {servers: [{url: 'http://h'}]}}\n"
      "    old: {loadBalancer: {servers: [{url: 'http://h'}]}}\n"
      "    w: {weighted: {services: [{name: a}]}}\n"
      "  routers:\n"
      "    r: {rule: 'Host(`h`)', service: w}\n");

  CHECK_EQUAL(std::string("5:5: warning: service \"old\" is never used"), found);
}

TEST(routing_build, the_asterisk_comes_last) {
  build_routers(
      "    all: {rule: '*', service: a, entryPoints: [web]}\n"
      "    r: {rule: 'Path(`/x`)', service: a, entryPoints: [web]}\n");

  CHECK_EQUAL(std::string("r@file"), asked("GET /x"));
  CHECK_EQUAL(std::string("all@file"), asked("GET /y"));
}
