// SPDX-License-Identifier: MIT
#include "runtime/probe_plan.h"

#include "core/text.h"
#include "http/absolute_url.h"
#include "routing/build.h"
#include "runtime/pool_plans.h"
#include "runtime/tls_plan.h"
#include "upstream/server_url.h"

#include <fmt/format.h>

#include <algorithm>

namespace pm::runtime {
namespace {

using config::HealthCheck;
using config::Severity;

constexpr std::string_view grpc_path = "/grpc.health.v1.Health/Check";
constexpr Duration usual_interval = std::chrono::seconds(30);
constexpr Duration usual_timeout = std::chrono::seconds(5);

bool leads_elsewhere(std::string_view path) {
  const auto parts = http::split_url(path);
  return !parts || !parts->scheme.empty() || parts->has_authority;
}

bool is_grpc(const HealthCheck& check) noexcept {
  return check.mode.value == "grpc";
}

std::uint64_t at_least_some(Duration wish, Duration otherwise) {
  return whole_milliseconds(wish > Duration::zero() ? wish : otherwise);
}

// The URL of the server with the scheme and the port of the check.
std::string base_of(std::string_view server, const upstream::ServerUrl& url,
                    const HealthCheck& check) {
  std::string scheme = check.scheme.value.empty() ? url.scheme : text::to_lower(check.scheme.value);
  if (is_grpc(check) && scheme == "http") scheme = "h2c";  // gRPC is spoken in HTTP/2 alone
  std::string authority = url.authority;
  if (check.port != 0) {
    const bool is_v6 = url.host.find(':') != std::string::npos;
    authority = fmt::format("{}{}{}:{}", is_v6 ? "[" : "", url.host, is_v6 ? "]" : "", check.port);
  }
  const auto parts = http::split_url(server);
  return fmt::format("{}://{}{}", scheme, authority, parts ? parts->path : "");
}

upstream::Probe probe_of(const std::string& service, const HealthCheck& check,
                         const std::string& server, const upstream::ServerUrl& url) {
  upstream::Probe probe;
  probe.service = service;
  probe.server = server;
  probe.is_grpc = is_grpc(check);
  const std::string_view path = probe.is_grpc ? grpc_path : std::string_view(check.path.value);
  if (!leads_elsewhere(path))
    probe.url = http::resolve_url(base_of(server, url, check), path).value_or("");
  probe.host = check.hostname.value;
  probe.method = probe.is_grpc ? "POST" : check.method.value;
  probe.headers = check.headers;
  probe.status = check.status;
  probe.follow_redirects = check.follow_redirects && !probe.is_grpc;
  const Duration unhealthy = check.unhealthy_interval.value_or(check.interval).value;
  probe.interval_ms = at_least_some(check.interval.value, usual_interval);
  probe.unhealthy_interval_ms = at_least_some(unhealthy, usual_interval);
  probe.timeout_ms = at_least_some(check.timeout.value, usual_timeout);
  return probe;
}

const config::ServersTransport* transport_of(const config::Config& config,
                                             const config::Service& service) {
  const std::string& name = service.load_balancer->servers_transport.value;
  if (name.empty() || name == "default@internal") return &config.fixed.servers_transport;
  const std::string wanted = routing::qualified(name, service.provider);
  const auto& all = config.dynamic.servers_transports;
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& transport) {
    return routing::qualified(transport.name, transport.provider) == wanted;
  });
  return found == all.end() ? nullptr : &*found;
}

void add_probes(const config::Service& service, const std::string& name,
                const std::shared_ptr<upstream::PoolPlan>& pool,
                std::vector<upstream::Probe>& probes) {
  const config::LoadBalancer& balancer = *service.load_balancer;
  const auto is_known = [&](const std::string& url) {
    return std::any_of(probes.begin(), probes.end(), [&](const upstream::Probe& probe) {
      return probe.service == name && probe.server == url;
    });
  };
  const std::size_t before = probes.size();
  for (const config::Server& server : balancer.servers) {
    const auto url = upstream::parse_server_url(server.url.value);
    // The same URL twice is one server in two places.
    if (!url || (probes.size() > before && is_known(server.url.value))) continue;
    probes.push_back(probe_of(name, *balancer.health_check, server.url.value, *url));
    probes.back().pool = pool;
  }
}

bool asks_over_tls(const config::LoadBalancer& balancer) {
  if (text::equals_ignore_case(balancer.health_check->scheme.value, "https")) return true;
  return std::any_of(balancer.servers.begin(), balancer.servers.end(),
                     [](const config::Server& server) {
                       return text::starts_with_ignore_case(server.url.value, "https:");
                     });
}

}  // namespace

std::vector<CheckFault> judge_check(const HealthCheck& check,
                                    const config::ServersTransport* transport) {
  std::vector<CheckFault> faults;
  const auto add = [&](Severity severity, config::Mark mark, std::string what, std::string advice) {
    faults.push_back({severity, mark, std::move(what), std::move(advice)});
  };
  const std::string& scheme = check.scheme.value;
  if (!scheme.empty() && !upstream::scheme_named(text::to_lower(scheme))) {
    add(Severity::broken, check.scheme.mark,
        fmt::format("has a healthCheck of scheme {}, which cannot be asked", text::quoted(scheme)),
        "write http, h2c or https");
  }
  if (!is_grpc(check) && leads_elsewhere(check.path.value))
    add(Severity::warning, check.path.mark,
        "has a healthCheck whose path names a scheme or a host, so every check fails",
        "write a path that begins with \"/\"");
  const auto judge_time = [&](const config::At<Duration>& time, std::string_view key,
                              std::string_view instead) {
    if (time.value > Duration::zero()) return;
    add(Severity::warning, time.mark,
        fmt::format("has a healthCheck whose {} is no time, so {} is used", key, instead),
        "write a duration, as in 10s");
  };
  judge_time(check.interval, "interval", "30s");
  if (check.unhealthy_interval) judge_time(*check.unhealthy_interval, "unhealthyInterval", "30s");
  judge_time(check.timeout, "timeout", "5s");
  if (transport != nullptr && !transport->certificates.empty())
    add(Severity::warning, transport->certificates.front().cert_file.mark,
        "is checked without the client certificates of its serversTransport: their keys stay in "
        "the workers",
        "let the server answer the check without one");
  return faults;
}

std::vector<upstream::Probe> make_probes(const config::Config& config, const IsUsable& is_usable) {
  std::vector<upstream::Probe> probes;
  config::Findings heard;  // when services were judged
  const TransportPlans transports = plan_transports(config, heard);
  PoolPlans pools(config.fixed.system_authorities, config.fixed.restrict_upstreams);
  for (const config::Service& service : config.dynamic.services) {
    if (!service.load_balancer || !service.load_balancer->health_check) continue;
    const std::string name = routing::qualified(service.name, service.provider);
    const config::ServersTransport* transport = transport_of(config, service);
    if (!is_usable(name) || transport == nullptr) continue;
    const auto& planned = transports.find(transport)->second;
    const bool over_tls = asks_over_tls(*service.load_balancer);
    if (over_tls && !planned) continue;
    tls::ClientOptions tls = over_tls ? *planned : tls::ClientOptions{};
    tls.certificates.clear();
    add_probes(service, name, pools.of(*transport, over_tls ? &tls : nullptr), probes);
  }
  return probes;
}

}  // namespace pm::runtime
