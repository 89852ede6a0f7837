// SPDX-License-Identifier: MIT
#include "runtime/runtime.h"

#include "core/hash.h"

#include <algorithm>
#include <chrono>

namespace pm::runtime {
namespace {

using routing::Standing;

upstream::TransportSettings settings_of(const config::ServersTransport& transport) {
  // Traefik's defaults: 2 idle connections a host for a named transport, 200 for the one of the static part.
  const std::int64_t fallback = transport.provider.empty() ? 200 : 2;
  const config::ForwardingTimeouts& timeouts = transport.forwarding_timeouts;
  return {
      .max_idle_per_host =
          transport.max_idle_conns_per_host == 0 ? fallback : transport.max_idle_conns_per_host,
      .max_idle = transport.max_idle_conns,
      .max_per_host = transport.max_conns_per_host,
      .lifetime_ms = whole_milliseconds(transport.max_conn_lifetime),
      .dial_timeout_ms = whole_milliseconds(timeouts.dial),
      .head_timeout_ms = whole_milliseconds(timeouts.response_header),
      .idle_timeout_ms = whole_milliseconds(timeouts.idle_conn),
      .request_timeout_ms = whole_milliseconds(timeouts.request),
      .max_response_header_bytes = static_cast<std::uint32_t>(
          std::clamp<std::int64_t>(transport.max_response_header_bytes, 1024, 64 << 20)),
  };
}

}  // namespace

Blueprint draw(const config::Config& config, const Modules& modules, config::Findings& findings) {
  Blueprint blueprint;
  blueprint.services = plan_services(config, modules, findings);
  const auto service = [&](std::string_view name) {
    const auto found = blueprint.services.find(name);
    return found == blueprint.services.end() ? Standing::unknown : found->second.standing;
  };
  const auto middleware = [&](std::string_view name) {
    const auto is_it = [&](const config::Middleware& m) {
      return routing::qualified(m.name, m.provider) == name;
    };
    const auto& all = config.dynamic.middlewares;
    return std::any_of(all.begin(), all.end(), is_it) ? Standing::broken : Standing::unknown;
  };
  blueprint.routing = routing::build({config, modules.matchers, service, middleware}, findings);
  return blueprint;
}

Runtime::Runtime(const config::Config& config, const Modules& modules, const Options& options) {
  config::Findings findings;  // the loader has shown them
  Blueprint blueprint = draw(config, modules, findings);
  make_services(blueprint.services, options);
  routing_ = std::move(blueprint.routing);
  make_routes();
}

upstream::Pool& Runtime::pool_for(const config::ServersTransport& transport,
                                  const Options& options) {
  auto& pool = pools_[routing::qualified(transport.name, transport.provider)];
  if (pool == nullptr) {
    pool = std::make_unique<upstream::Pool>(*options.loop, options.names, *options.connector,
                                            settings_of(transport));
  }
  return *pool;
}

http::Service* Runtime::make_load_balancer(const std::string& name, ServicePlan& plan,
                                           const Options& options) {
  const config::LoadBalancer& source = *plan.source->load_balancer;
  upstream::Pool& pool = pool_for(*plan.transport, options);
  std::vector<upstream::Server> servers;
  std::vector<std::int64_t> weights;
  for (std::size_t i = 0; i < source.servers.size(); ++i) {
    const upstream::ServerUrl& url = plan.urls[i];
    weights.push_back(source.servers[i].weight);
    servers.push_back({
        .target = url.scheme == "http" ? &pool.target(url.host, url.port) : nullptr,
        .url = source.servers[i].url.value,
        .host = url.authority,
        .path_prefix = source.servers[i].preserve_path ? url.path : std::string(),
    });
  }
  auto balancer = plan.balancer->build(weights, options.seed ^ fnv1a(name));
  auto& slot = services_[name];
  slot = std::make_unique<upstream::LoadBalancer>(
      std::move(servers), std::move(balancer),
      upstream::LoadBalancerOptions{name, source.pass_host_header});
  return slot.get();
}

// A usable plan has usable children only and is part of no cycle.
http::Service* Runtime::make(const std::string& name, ServicePlans& plans, const Options& options) {
  if (const auto made = services_.find(name); made != services_.end()) return made->second.get();
  ServicePlan& plan = plans.find(name)->second;
  if (plan.source->load_balancer) return make_load_balancer(name, plan, options);
  std::vector<http::Service*> children;
  std::vector<std::int64_t> weights;
  for (std::size_t i = 0; i < plan.children.size(); ++i) {
    children.push_back(make(plan.children[i], plans, options));
    weights.push_back(plan.source->weighted->services[i].weight);
  }
  auto& slot = services_[name];
  slot = std::make_unique<upstream::Weighted>(std::move(children), weights,
                                              options.seed ^ fnv1a(name));
  return slot.get();
}

void Runtime::make_services(ServicePlans& plans, const Options& options) {
  for (auto& [name, plan] : plans) {
    if (plan.standing == Standing::usable) make(name, plans, options);
  }
}

void Runtime::make_routes() {
  routes_.resize(routing_.routers.size());
  for (std::uint32_t i = 0; i < routes_.size(); ++i) {
    const routing::Router& router = routing_.routers[i];
    Route& route = routes_[i];
    const auto service = services_.find(router.service);
    route.name = router.name;
    route.service_name = router.service;
    route.service = service == services_.end() ? nullptr : service->second.get();
    route.internal = router.internal;
    route.redirect = router.redirect;
    route.children =
        router.children == routing::nowhere ? nullptr : &routing_.tables[router.children];
    route.forbidden = router.forbidden;
    route.is_internal_service = router.service.ends_with("@internal");
    route.access_log =
        route.is_internal_service ? routing_.add_internals : router.observed.access_logs;
  }
}

const Route* Runtime::find(std::uint32_t entry_point, const http::Request& request) const noexcept {
  const auto kind = request.secure ? routing::Kind::tls : routing::Kind::plain;
  const std::uint32_t id = routing_.root_table(entry_point, kind).find(request);
  return id == routing::Table::none ? nullptr : &routes_[id];
}

const Route* Runtime::find_child(const Route& parent, const http::Request& request) const noexcept {
  const std::uint32_t id = parent.children->find(request);
  return id == routing::Table::none ? nullptr : &routes_[id];
}

void Runtime::close_idle() noexcept {
  for (auto& [name, pool] : pools_)
    pool->close_idle();
}

}  // namespace pm::runtime
