// SPDX-License-Identifier: MIT
#include "routing/build.h"
#include "routing/explain.h"
#include "runtime/modules.h"
#include "t/lib/config_trial.h"
#include "t/lib/sample_request.h"
#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

using namespace pm;

TEST_GROUP(routing_layers) {
  config::Config config;
  routing::Routing routing;
  std::string found;

  // Routers of one entry point; every service is usable and every middleware is too, but for "broken".
  void build(std::string_view routers) {
    config::trial::Trial trial{"entryPoints: {web: {address: ':80'}}\nhttp:\n  routers:\n" +
                               std::string(routers)};
    CHECK_EQUAL(std::string("ok"), trial.found());
    config = trial.config;
    const auto judge = [](std::string_view name) {
      return name == "broken@file" ? routing::Standing::broken : routing::Standing::usable;
    };
    routing = routing::build({config, all_modules.matchers, judge, judge, judge}, trial.findings);
    found = trial.found();
  }

  std::string asked(std::string_view line) {
    SampleRequest sample(line);
    const routing::Explanation explained =
        routing::explain(routing, 0, routing::Kind::plain, sample.request());
    if (explained.root == routing::nowhere) return "404";
    const std::string root = routing.routers[explained.root].name;
    return root + (explained.leaf == routing::nowhere ? ">404"
                                                      : ">" + routing.routers[explained.leaf].name);
  }
};

TEST(routing_layers, children_are_matched_behind_their_parent) {
  build(
      "    parent: {rule: 'Host(`par.test`)', middlewares: [role]}\n"
      "    kid1: {rule: 'PathPrefix(`/one`)', service: a, parentRefs: [parent]}\n"
      "    mid: {rule: 'PathPrefix(`/mid`)', parentRefs: [parent@file]}\n"
      "    leaf: {rule: 'Path(`/mid/x`)', service: c, parentRefs: [mid]}\n");

  CHECK_EQUAL(std::string("ok"), found);
  CHECK_EQUAL(std::string("parent@file>kid1@file"), asked("GET /one/x host=par.test"));
  CHECK_EQUAL(std::string("parent@file>leaf@file"), asked("GET /mid/x host=par.test"));
  CHECK_EQUAL(std::string("parent@file>404"), asked("GET /mid/y host=par.test"));
  CHECK_EQUAL(std::string("parent@file>404"), asked("GET /none host=par.test"));
  CHECK_EQUAL(std::string("404"), asked("GET /one host=other.test"));
}

TEST(routing_layers, a_request_does_not_fall_back_to_other_roots) {
  build(
      "    parent: {rule: 'Host(`par.test`)'}\n"
      "    kid: {rule: 'PathPrefix(`/one`)', service: a, parentRefs: [parent]}\n"
      "    all: {rule: 'PathPrefix(`/`)', service: a, priority: 1}\n");

  CHECK_EQUAL(std::string("parent@file>404"), asked("GET /two host=par.test"));
  CHECK_EQUAL(std::string("all@file>all@file"), asked("GET /two host=other.test"));
}

TEST(routing_layers, children_are_ordered_like_roots) {
  build(
      "    parent: {rule: 'Host(`h`)'}\n"
      "    long: {rule: 'PathPrefix(`/a/b`)', service: a, parentRefs: [parent]}\n"
      "    short: {rule: 'PathPrefix(`/a`)', service: a, parentRefs: [parent]}\n"
      "    first: {rule: 'Path(`/a/b/c`)', service: a, parentRefs: [parent], priority: 100}\n");

  CHECK_EQUAL(std::string("parent@file>long@file"), asked("GET /a/b host=h"));
  CHECK_EQUAL(std::string("parent@file>first@file"), asked("GET /a/b/c host=h"));
}

TEST(routing_layers, a_child_of_several_parents_is_built_once) {
  build(
      "    p: {rule: 'Host(`p`)'}\n"
      "    q: {rule: 'Host(`q`)'}\n"
      "    kid: {rule: 'PathPrefix(`/`)', service: a, parentRefs: [p, q, p]}\n");

  CHECK_EQUAL(std::string("p@file>kid@file"), asked("GET / host=p"));
  CHECK_EQUAL(std::string("q@file>kid@file"), asked("GET / host=q"));
  LONGS_EQUAL(3, routing.routers.size());
}

TEST(routing_layers, a_child_takes_the_observation_of_its_root) {
  build(
      "    p: {rule: 'Host(`p`)', observability: {accessLogs: false}}\n"
      "    kid: {rule: 'PathPrefix(`/`)', service: a, parentRefs: [p]}\n"
      "    own: {rule: 'Path(`/own`)', service: noop@internal, parentRefs: [p]}\n");

  CHECK_EQUAL(std::string("kid@file"), routing.routers[0].name);
  CHECK_FALSE(routing.observed(2, 0).access_logs);
  CHECK_TRUE(routing.observed(2, 0).metrics);
  CHECK_FALSE(routing.observed(2, 1).metrics);
}

TEST(routing_layers, some_keys_are_for_roots_only) {
  build(
      "    p: {rule: 'Host(`p`)'}\n"
      "    k1: {rule: 'Path(`/1`)', service: a, parentRefs: [p], entryPoints: [web]}\n"
      "    k2: {rule: 'Path(`/2`)', service: a, parentRefs: [p], tls: {}}\n"
      "    k3: {rule: 'Path(`/3`)', service: a, parentRefs: [p], observability: {metrics: false}}\n"
      "    k4: {rule: 'Path(`/4`)', service: a, parentRefs: [p]}\n"
      "    k5: {rule: 'Path(`/5`)', service: a, parentRefs: [p], grpcErrors: true}\n");

  CHECK_EQUAL(
      std::string(
          "5:73: error: router \"k1\" has parentRefs and entryPoints; leave it to the parent\n"
          "6:5: error: router \"k2\" has parentRefs and tls; leave it to the parent\n"
          "7:5: error: router \"k3\" has parentRefs and observability; leave it to the parent\n"
          "9:5: error: router \"k5\" has parentRefs and grpcErrors; leave it to the parent"),
      found);
  CHECK_EQUAL(std::string("p@file>404"), asked("GET /1 host=p"));
  CHECK_EQUAL(std::string("p@file>k4@file"), asked("GET /4 host=p"));
}

TEST(routing_layers, a_parent_has_no_service) {
  build(
      "    p: {rule: 'Host(`p`)', service: a}\n"
      "    kid: {rule: 'Path(`/`)', service: a, parentRefs: [p]}\n");

  CHECK_EQUAL(std::string("4:37: error: router \"p\" has a service and children; leave the service "
                          "to one of the routers that "
                          "name it in parentRefs"),
              found);
  CHECK_EQUAL(std::string("404"), asked("GET / host=p"));
}

TEST(routing_layers, a_missing_parent_is_dropped) {
  build(
      "    parent: {rule: 'Host(`p`)'}\n"
      "    kid: {rule: 'Path(`/`)', service: a, parentRefs: [parrent, parent]}\n");

  CHECK_EQUAL(std::string("5:55: warning: router \"kid\" names the parent \"parrent\", which does "
                          "not exist; did you mean "
                          "\"parent\"?"),
              found);
  CHECK_EQUAL(std::string("parent@file>kid@file"), asked("GET / host=p"));
}

TEST(routing_layers, without_any_parent_a_child_is_disabled) {
  build("    kid: {rule: 'Path(`/`)', service: a, parentRefs: [nothere]}\n");

  CHECK_EQUAL(std::string("4:55: error: router \"kid\" names the parent \"nothere\", which does "
                          "not exist; declare it under "
                          "http.routers"),
              found);
  CHECK_EQUAL(std::string("404"), asked("GET / host=p"));
}

TEST(routing_layers, a_cycle_that_hangs_on_a_root_is_cut) {
  build(
      "    root: {rule: 'Host(`h`)'}\n"
      "    a: {rule: 'PathPrefix(`/`)', parentRefs: [root, b]}\n"
      "    b: {rule: 'PathPrefix(`/`)', parentRefs: [a]}\n"
      "    leaf: {rule: 'PathPrefix(`/`)', service: s, parentRefs: [b]}\n");

  CHECK_EQUAL(std::string("5:47: warning: router \"a\" is an ancestor of its parent \"b\"; that "
                          "reference is ignored; make "
                          "parentRefs lead to a router with a rule of its own and no parents"),
              found);
  CHECK_EQUAL(std::string("root@file>leaf@file"), asked("GET / host=h"));
}

TEST(routing_layers, a_cycle_by_itself_is_not_reachable) {
  build(
      "    a: {rule: 'PathPrefix(`/`)', parentRefs: [b]}\n"
      "    b: {rule: 'PathPrefix(`/`)', parentRefs: [a]}\n"
      "    leaf: {rule: 'PathPrefix(`/`)', service: s, parentRefs: [b]}\n"
      "    self: {rule: 'PathPrefix(`/`)', service: s, parentRefs: [self]}\n");

  CHECK_TRUE(found.find("router \"a\" is not reachable: no root router leads to it") !=
             std::string::npos);
  CHECK_TRUE(found.find("router \"b\" is not reachable: no root router leads to it") !=
             std::string::npos);
  CHECK_TRUE(found.find("router \"leaf\" is not reachable: no root router leads to it") !=
             std::string::npos);
  CHECK_TRUE(found.find("router \"self\" is not reachable: no root router leads to it") !=
             std::string::npos);
  LONGS_EQUAL(0, routing.routers.size());
}

TEST(routing_layers, a_parent_lives_by_its_children) {
  build(
      "    p: {rule: 'Host(`p`)'}\n"
      "    mid: {rule: 'PathPrefix(`/`)', parentRefs: [p]}\n"
      "    k1: {rule: 'Path(x)', service: a, parentRefs: [mid]}\n"
      "    k2: {rule: 'Path(`/2`)', service: broken, parentRefs: [mid]}\n"
      "    k3: {rule: 'Path(`/3`)', parentRefs: [mid]}\n");

  CHECK_TRUE(found.find("router \"mid\" leads to no router that could answer") !=
             std::string::npos);
  CHECK_TRUE(found.find("router \"p\" leads to no router that could answer") != std::string::npos);
  CHECK_EQUAL(std::string("404"), asked("GET / host=p"));
}

TEST(routing_layers, a_long_chain_is_followed) {
  std::string routers = "    r0: {rule: 'PathPrefix(`/`)'}\n";
  for (int i = 1; i < 300; ++i) {
    routers += "    r" + std::to_string(i) + ": {rule: 'PathPrefix(`/`)', parentRefs: [r" +
               std::to_string(i - 1) + "]}\n";
  }
  build(routers + "    z: {rule: 'PathPrefix(`/`)', service: a, parentRefs: [r299]}\n");

  CHECK_EQUAL(std::string("ok"), found);
  CHECK_EQUAL(std::string("r0@file>z@file"), asked("GET /"));
}

TEST(routing_layers, an_explanation_shows_who_won_and_why_others_lost) {
  build(
      "    all: {rule: 'PathPrefix(`/`)', service: a, priority: 1}\n"
      "    api: {rule: 'Host(`h`) && PathPrefix(`/api`) && Method(`PUT`)', service: a}\n"
      "    far: {rule: 'Host(`other`)', service: a}\n"
      "    web: {rule: 'Host(`h`)'}\n"
      "    kid: {rule: 'PathPrefix(`/api`)', service: b, parentRefs: [web]}\n");
  SampleRequest sample("GET /api/x host=h");

  const routing::Explanation explained =
      routing::explain(routing, 0, routing::Kind::plain, sample.request());

  std::string text;
  for (const std::string& line : explained.lines)
    text += line + "\n";
  CHECK_EQUAL(
      std::string("api@file (priority 48, rule Host(`h`) && PathPrefix(`/api`) && Method(`PUT`)): "
                  "no, Method(`PUT`) is "
                  "false\n"
                  "web@file (priority 9, rule Host(`h`)): wins\n"
                  "all@file (priority 1, rule PathPrefix(`/`)): would match, but comes later\n"
                  "1 more router cannot match: other host or path prefix\n"
                  "  children of web@file:\n"
                  "  kid@file (priority 18, rule PathPrefix(`/api`)): wins\n"
                  "service b@file\n"),
      text);
}
