// SPDX-License-Identifier: MIT
#include "routing/tls.h"

#include "routing/build.h"
#include "runtime/modules.h"
#include "t/lib/config_trial.h"

#include <CppUTest/TestHarness.h>

using namespace pm;
using routing::TlsHosts;
using routing::TlsUse;

TEST_GROUP(routing_tls) {
  routing::Routing routing;
  std::string found;

  // Routers of the entry points web and alt; the options "broken" are just that, "a" and "b" are fine.
  void build(std::string_view routers, std::string_view web = "") {
    const std::string text = "entryPoints: {web: {address: ':80'" + std::string(web) +
                             "}, alt: {address: ':81'}}\nhttp:\n  routers:\n" +
                             std::string(routers);
    config::trial::Trial trial{text};
    CHECK_EQUAL(std::string("ok"), trial.found());
    config = trial.config;
    const auto usable = [](std::string_view) {
      return routing::Standing::usable;
    };
    const auto options = [](std::string_view name) {
      if (name == "broken@file") return routing::Standing::broken;
      const bool known = name == "default" || name == "a@file" || name == "b@file";
      return known ? routing::Standing::usable : routing::Standing::unknown;
    };
    routing =
        routing::build({config, all_modules.matchers, usable, usable, options}, trial.findings);
    found = trial.found();
  }
  std::string options_of(std::string_view name, std::uint32_t entry_point = 0) {
    const std::string* options = routing.tls[entry_point].find(name);
    return options == nullptr ? "closed" : *options;
  }
  bool has_router(std::string_view name) {
    for (const routing::Router& router : routing.routers) {
      if (router.name == name) return true;
    }
    return false;
  }
  config::Config config;
};

TEST(routing_tls, the_longest_text_wins_and_a_star_is_one_label) {
  build(
      "    r: {rule: 'Host(`x.w.test`)', service: s, tls: {options: a}}\n"
      "    w: {rule: 'Host(`*.w.test`)', service: s, tls: {options: b}}\n");

  CHECK_EQUAL(std::string("a@file"), options_of("x.w.test"));
  CHECK_EQUAL(std::string("b@file"), options_of("y.w.test"));
  CHECK_EQUAL(std::string("default"), options_of("w.test"));
  CHECK_EQUAL(std::string("default"), options_of("a.b.w.test"));
  CHECK_EQUAL(std::string("default"), options_of(""));
}

TEST(routing_tls, hosts_are_bound_wherever_they_stand_in_a_rule) {
  build(
      "    r: {rule: '(Host(`A.test`) || Host(`b.test`)) && !Host(`c.test`)', service: s, "
      "tls: {options: a}}\n");

  for (const char* host : {"a.test", "b.test", "c.test"})
    CHECK_EQUAL(std::string("a@file"), options_of(host));
}

TEST(routing_tls, other_options_for_one_host_mean_the_default_for_all_who_share) {
  build(
      "    p: {rule: 'Host(`h.test`) && Path(`/p`)', service: s, tls: {options: a}}\n"
      "    q: {rule: 'Host(`h.test`) || Host(`i.test`)', service: s, tls: {options: b}}\n"
      "    r: {rule: 'Host(`i.test`) && Path(`/r`)', service: s, tls: {options: b}}\n"
      "    z: {rule: 'Host(`z.test`)', service: s, tls: {options: a}}\n");

  CHECK_EQUAL(std::string("default"), options_of("h.test"));
  CHECK_EQUAL(std::string("default"), options_of("i.test"));
  CHECK_EQUAL(std::string("a@file"), options_of("z.test"));
  CHECK_TRUE(has_router("web-conflicted-p@file"));
  CHECK_TRUE(has_router("web-conflicted-r@file"));
  CHECK_TRUE(has_router("z@file"));
  STRCMP_CONTAINS("router \"p\" asks for TLS options \"a@file\"", found.c_str());
}

TEST(routing_tls, another_entry_point_keeps_its_own) {
  build(
      "    p: {rule: 'Host(`h.test`)', service: s, entryPoints: [web], tls: {options: a}}\n"
      "    q: {rule: 'Host(`h.test`)', service: s, entryPoints: [alt], tls: {options: b}}\n");

  CHECK_EQUAL(std::string("a@file"), options_of("h.test", 0));
  CHECK_EQUAL(std::string("b@file"), options_of("h.test", 1));
  CHECK_EQUAL(std::string("ok"), found);
}

TEST(routing_tls, options_without_a_host_cannot_be_bound) {
  build("    r: {rule: 'PathPrefix(`/`)', service: s, entryPoints: [web], tls: {options: a}}\n");

  CHECK_EQUAL(std::string("default"), options_of("h.test"));
  CHECK_TRUE(has_router("web-conflicted-r@file"));
  STRCMP_CONTAINS("4:81: warning: router \"r\" has TLS options but no Host in its rule",
                  found.c_str());
}

TEST(routing_tls, hosts_of_options_that_cannot_be_had_are_closed) {
  build(
      "    r: {rule: 'Host(`h.test`)', service: s, tls: {options: broken}}\n"
      "    u: {rule: 'Host(`u.test`)', service: s, tls: {options: nobody}}\n"
      "    g: {rule: 'Host(`h.test`) && Path(`/g`)', service: s, tls: {}}\n");

  CHECK_EQUAL(std::string("closed"), options_of("h.test"));
  CHECK_EQUAL(std::string("closed"), options_of("u.test"));
  CHECK_EQUAL(std::string("default"), options_of("other.test"));
  STRCMP_CONTAINS("needs the TLS options \"broken@file\", which are broken", found.c_str());
  STRCMP_CONTAINS("names the TLS options \"nobody@file\", which do not exist", found.c_str());
}

TEST(routing_tls, an_entry_point_gives_its_routers_what_they_lack) {
  build(
      "    r: {rule: 'Host(`h.test`)', service: s}\n"
      "    o: {rule: 'Host(`o.test`)', service: s, tls: {options: b}}\n",
      ", http: {tls: {options: a}}");

  CHECK_EQUAL(std::string("a@file"), options_of("h.test"));
  CHECK_EQUAL(std::string("b@file"), options_of("o.test"));
  CHECK_TRUE(routing.root_table(0, routing::Kind::plain).entries().empty());
  CHECK_EQUAL(2u, routing.root_table(0, routing::Kind::tls).entries().size());
  CHECK_EQUAL(1u, routing.root_table(1, routing::Kind::plain).entries().size());
}

TEST(routing_tls, a_conflict_spreads_to_whoever_shares_another_host) {
  const std::vector<std::string> one{"1", "2"}, two{"2", "3"}, three{"3"}, far{"9"};
  std::vector<TlsUse> uses{{0, 0, "a", one, false},
                           {1, 0, "b", two, false},
                           {2, 0, "b", three, false},
                           {3, 0, "a", far, false},
                           {4, 1, "a", two, false}};
  routing::settle_conflicts(uses);

  for (int i = 0; i < 3; ++i)
    CHECK_TRUE(uses[static_cast<std::size_t>(i)].is_conflicted);
  CHECK_EQUAL(std::string("default"), uses[2].options);
  CHECK_FALSE(uses[3].is_conflicted);
  CHECK_EQUAL(std::string("a"), uses[4].options);
}
