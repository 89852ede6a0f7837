// SPDX-License-Identifier: MIT
#include "agent/api.h"

// Before the macros of CppUTest, which redefine new.
// clang-format off
#include <nlohmann/json.hpp>
// clang-format on

#include "t/lib/config_trial.h"
#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

#include <optional>

using namespace pm;
using json = nlohmann::ordered_json;

namespace {

constexpr std::string_view configuration =
    "entryPoints: {web: {address: ':80'}, traefik: {address: ':8080'}}\n"
    "api: {insecure: true, dashboardName: here}\n"
    "http:\n"
    "  routers:\n"
    "    shop: {rule: 'Host(`shop`)', service: app, middlewares: [strip], entryPoints: [web]}\n"
    "    odd/name: {rule: 'Host(`odd`)', service: app, priority: 7}\n"
    "    sick: {rule: 'Hots(`x`)', service: app}\n"
    "  middlewares:\n"
    "    strip: {stripPrefix: {prefixes: [/a]}}\n"
    "  services:\n"
    "    app: {loadBalancer: {healthCheck: {path: /h}, servers: [{url: 'http://u:p@h1'}, {url: "
    "'http://h2'}]}}\n";

constexpr std::string_view guarded =
    "entryPoints: {web: {address: ':80'}}\n"
    "api: {allowedHosts: [Admin.test, '::1']}\n";

}  // namespace

TEST_GROUP(api) {
  shm::Health health = std::move(shm::Health::create(64)).value();
  std::optional<agent::Api> api;
  BlockPool blocks{4096};
  Arena arena{blocks};
  http::Request request{arena};

  void setup() override {
    api.emplace(agent::Api::Options{
        .version = "1.2", .started = 1700000000, .types = {}, .health = &health});
    take(configuration);
  }
  void take(std::string_view text) {
    config::trial::Trial trial{text};
    CHECK_TRUE_TEXT(trial.is_static_good && trial.is_dynamic_good, trial.found().c_str());
    trial.config.dynamic.verdicts = {{"router sick@file", "erule is bad\nwand odd"}};
    api->take(std::move(trial.config));
  }
  agent::Reply ask(std::string_view path, std::string_view query = {}) {
    return api->answer(
        {.service = "api@internal", .path = path, .query = query, .request = &request});
  }
  unsigned status(std::string_view host, std::string_view origin = {}) {
    take(guarded);
    request.host = host;
    if (!origin.empty()) request.headers.append("Origin", origin);
    return ask("/api/version").status;
  }
  json object(std::string_view path) {
    const agent::Reply reply = ask(path);
    CHECK_EQUAL(200u, reply.status);
    CHECK_EQUAL('\n', reply.body.back());
    return json::parse(reply.body, nullptr, false);
  }
};

TEST(api, the_version_says_when_and_what) {
  const json version = object("/api/version");

  CHECK_EQUAL(std::string("1.2"), version["Version"].get<std::string>());
  CHECK_EQUAL(std::string("2023-11-14T22:13:20Z"), version["startDate"].get<std::string>());
  CHECK_EQUAL(std::string("here"), version["dashboardName"].get<std::string>());
  CHECK_FALSE(version.contains("disableDashboardAd"));
}

TEST(api, a_router_has_its_effective_values) {
  const json router = object("/api/http/routers/shop@file");

  CHECK_EQUAL(std::string("enabled"), router["status"].get<std::string>());
  CHECK_EQUAL(std::string("[\"web\"]"), router["using"].dump());
  CHECK_EQUAL(12, router["priority"].get<int>());
  CHECK_EQUAL(std::string("12"), router["priorityStr"].get<std::string>());
  CHECK_EQUAL(std::string("[\"strip\"]"), router["middlewares"].dump());
  CHECK_EQUAL(std::string("minimal"), router["observability"]["traceVerbosity"].get<std::string>());
  CHECK_FALSE(router.contains("error"));
}

TEST(api, a_broken_router_says_why) {
  const json router = object("/api/http/routers/sick@file");

  CHECK_EQUAL(std::string("disabled"), router["status"].get<std::string>());
  CHECK_EQUAL(std::string("[\"rule is bad\",\"and odd\"]"), router["error"].dump());
  CHECK_FALSE(router.contains("using"));
}

TEST(api, a_name_may_be_encoded) {
  CHECK_EQUAL(std::string("odd/name@file"),
              object("/api/http/routers/odd%2Fname%40file")["name"].get<std::string>());
}

TEST(api, a_service_shows_its_servers_states_and_no_password) {
  health.set(health.key("app@file", "http://h2"), shm::ServerState::down);

  const json service = object("/api/http/services/app@file");

  CHECK_EQUAL(std::string("{\"http://h1\":\"UP\",\"http://h2\":\"DOWN\"}"),
              service["serverStatus"].dump());
  CHECK_EQUAL(std::string("http://h1"),
              service["loadBalancer"]["servers"][0]["url"].get<std::string>());
  CHECK_EQUAL(std::string("5s"),
              service["loadBalancer"]["healthCheck"]["timeout"].get<std::string>());
  CHECK_EQUAL(std::string("loadbalancer"), service["type"].get<std::string>());
  CHECK_EQUAL(std::string("[\"odd/name@file\",\"shop@file\",\"sick@file\"]"),
              service["usedBy"].dump());
}

TEST(api, a_middleware_is_shown_though_nobody_here_knows_its_type) {
  const json middleware = object("/api/http/middlewares/strip@file");

  CHECK_EQUAL(std::string("{\"prefixes\":[\"/a\"]}"), middleware["stripPrefix"].dump());
  CHECK_EQUAL(std::string("stripprefix"), middleware["type"].get<std::string>());
  CHECK_EQUAL(std::string("[\"shop@file\"]"), middleware["usedBy"].dump());
}

TEST(api, the_overview_counts_what_the_lists_hold) {
  const json overview = object("/api/overview");

  CHECK_EQUAL(std::string("{\"total\":5,\"warnings\":0,\"errors\":1}"),
              overview["http"]["routers"].dump());
  CHECK_EQUAL(object("/api/http/services").size(),
              overview["http"]["services"]["total"].get<std::size_t>());
  CHECK_EQUAL(std::string("{\"tracing\":\"\",\"metrics\":\"\",\"accessLog\":false}"),
              overview["features"].dump());
}

TEST(api, raw_data_leaves_out_what_the_key_says) {
  const json raw = object("/api/rawdata");

  CHECK_TRUE(raw["routers"].contains("api@internal"));
  CHECK_TRUE(raw["routers"].contains("dashboard@internal"));
  CHECK_FALSE(raw["routers"]["shop@file"].contains("name"));
  CHECK_FALSE(raw.contains("tcpRouters"));
}

TEST(api, what_is_not_there_is_404_and_says_so) {
  const agent::Reply router = ask("/api/http/routers/x@file");

  CHECK_EQUAL(404u, router.status);
  CHECK_EQUAL(std::string("{\"message\":\"router not found: x@file\"}\n"), router.body);
  CHECK_EQUAL(404u, ask("/api/entrypoints/x").status);
  CHECK_EQUAL(404u, ask("/api/nothing").status);
  CHECK_EQUAL(404u, ask("/other").status);
  CHECK_EQUAL(404u, ask("/api/version/more").status);
}

TEST(api, a_list_names_the_next_page) {
  const agent::Reply reply = ask("/api/http/routers", "per_page=2");

  CHECK_EQUAL(2u, json::parse(reply.body, nullptr, false).size());
  CHECK_EQUAL(std::string("X-Next-Page"), reply.fields[0].first);
  CHECK_EQUAL(std::string("2"), reply.fields[0].second);
}

TEST(api, a_base_path_stands_before_everything) {
  take("api: {basePath: /admin/}\nentryPoints: {web: {address: ':80'}}\n");

  CHECK_EQUAL(200u, ask("/admin/api/version").status);
  CHECK_EQUAL(404u, ask("/api/version").status);
  request.headers.append("X-Forwarded-Prefix", "/outer/");
  const agent::Reply door = ask("/admin/");
  CHECK_EQUAL(302u, door.status);
  CHECK_EQUAL(std::string("/outer/admin/dashboard/"), door.fields[0].second);
}

TEST(api, a_prefix_that_leads_to_another_host_is_not_followed) {
  take("api: {}\nentryPoints: {web: {address: ':80'}}\n");
  request.headers.append("X-Forwarded-Prefix", "//evil.test");

  CHECK_EQUAL(std::string("/dashboard/"), ask("/").fields[0].second);
}

TEST(api, a_host_that_is_listed_is_answered) {
  CHECK_EQUAL(200u, status("admin.test"));
  CHECK_EQUAL(200u, status("admin.test."));
  CHECK_EQUAL(200u, status("::1"));
}

TEST(api, another_one_or_none_is_not) {
  CHECK_EQUAL(403u, status("evil.test"));
  CHECK_EQUAL(403u, status("x.admin.test"));
  CHECK_EQUAL(403u, status("127.0.0.1"));
  CHECK_EQUAL(403u, status(""));
}

TEST(api, an_origin_must_be_listed_too_whatever_its_port) {
  CHECK_EQUAL(200u, status("admin.test", "https://ADMIN.test:8443"));
}

TEST(api, a_page_of_another_origin_gets_nothing) {
  CHECK_EQUAL(403u, status("admin.test", "https://evil.test"));
}

TEST(api, an_origin_that_hides_gets_nothing) {
  CHECK_EQUAL(403u, status("admin.test", "null"));
}

TEST(api, the_dashboard_has_the_same_door) {
  take(guarded);
  request.host = "evil.test";

  CHECK_EQUAL(
      403u, api->answer_dashboard(
                   {.service = "dashboard@internal", .path = "/", .query = "", .request = &request})
                .status);
}
