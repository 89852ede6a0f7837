// SPDX-License-Identifier: MIT
#include "runtime/runtime.h"

#include "core/hash.h"

#include <fmt/format.h>

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
  blueprint.tls = plan_tls(config, findings);
  blueprint.transports = plan_transports(config, findings);
  blueprint.middlewares = plan_middlewares(config, modules, findings);
  const auto middleware = [&](std::string_view name) {
    return standing_of(blueprint.middlewares, name);
  };
  blueprint.services = plan_services({config, modules, blueprint.transports, middleware}, findings);
  const auto service = [&](std::string_view name) {
    const auto found = blueprint.services.find(name);
    return found == blueprint.services.end() ? Standing::unknown : found->second.standing;
  };
  const auto options = [&](std::string_view name) {
    return standing_of(blueprint.tls, name);
  };
  blueprint.routing =
      routing::build({config, modules.matchers, service, middleware, options}, findings);
  return blueprint;
}

Runtime::Runtime(const config::Config& config, const Modules& modules, const Options& options)
    : system_pem_(config.fixed.system_authorities) {
  config::Findings findings;  // the loader has shown them
  Blueprint blueprint = draw(config, modules, findings);
  const auto& hosts = blueprint.routing.tls;
  const bool takes_tls = std::any_of(hosts.begin(), hosts.end(),
                                     [](const routing::TlsHosts& one) { return one.has_routers; });
  if (takes_tls)
    tls_ = std::make_unique<TlsFront>(config.dynamic, blueprint.tls, options.ticket_keys);
  middlewares_ = std::move(blueprint.middlewares);
  make_services(blueprint, options);
  routing_ = std::move(blueprint.routing);
  make_routes();
}

// Made when the first https server that wants it is met: most configurations have none.
tls::ClientContext* Runtime::client_context(const std::string& name,
                                            const tls::ClientOptions& planned) {
  auto& context = client_contexts_[name];
  if (context != nullptr) return context.get();
  if (system_authorities_ == nullptr && planned.verify && planned.authorities.empty())
    system_authorities_ = tls::store_of(system_pem_);
  auto made = tls::ClientContext::create(planned, system_authorities_.get());
  if (made) context = std::move(made).value();
  return context.get();
}

upstream::Pool& Runtime::pool_for(const ServicePlan& plan, const Blueprint& blueprint,
                                  const Options& options) {
  const config::ServersTransport& transport = *plan.transport;
  auto& pool = pools_[routing::qualified(transport.name, transport.provider)];
  if (pool == nullptr) {
    pool = std::make_unique<upstream::Pool>(*options.loop, options.names, *options.connector,
                                            settings_of(transport));
  }
  const bool has_https =
      std::any_of(plan.urls.begin(), plan.urls.end(),
                  [](const upstream::ServerUrl& url) { return url.scheme == "https"; });
  if (has_https && pool->tls().context == nullptr) {
    const tls::ClientOptions& planned = *blueprint.transports.find(&transport)->second;
    pool->set_tls({client_context(routing::qualified(transport.name, transport.provider), planned),
                   options.wire, options.gate, options.log});
  }
  return *pool;
}

void Runtime::make_load_balancer(const std::string& name, ServicePlan& plan,
                                 const Blueprint& blueprint, const Options& options) {
  const config::LoadBalancer& source = *plan.source->load_balancer;
  upstream::Pool& pool = pool_for(plan, blueprint, options);
  std::vector<upstream::Server> servers;
  std::vector<std::int64_t> weights;
  for (std::size_t i = 0; i < source.servers.size(); ++i) {
    const upstream::ServerUrl& url = plan.urls[i];
    const bool secure = url.scheme == "https";
    const bool can_be_asked = secure ? pool.tls().context != nullptr : url.scheme == "http";
    weights.push_back(source.servers[i].weight);
    servers.push_back({
        .target = can_be_asked ? &pool.target(url.host, url.port, secure) : nullptr,
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
}

// A usable plan has usable children only and is part of no cycle.
http::Service* Runtime::make(const std::string& name, Blueprint& blueprint,
                             const Options& options) {
  if (http::Service* made = service_named(name)) return made;
  ServicePlan& plan = blueprint.services.find(name)->second;
  if (plan.source->load_balancer) {
    make_load_balancer(name, plan, blueprint, options);
    return guard(name, plan);
  }
  std::vector<http::Service*> children;
  std::vector<std::int64_t> weights;
  for (std::size_t i = 0; i < plan.children.size(); ++i) {
    children.push_back(make(plan.children[i], blueprint, options));
    weights.push_back(plan.source->weighted->services[i].weight);
  }
  auto& slot = services_[name];
  slot = std::make_unique<upstream::Weighted>(std::move(children), weights,
                                              options.seed ^ fnv1a(name));
  return guard(name, plan);
}

// The middlewares of the service itself stand in front of it, whoever leads to it.
http::Service* Runtime::guard(const std::string& name, const ServicePlan& plan) {
  http::Service* const inner = services_.find(name)->second.get();
  http::Chain chain(links_of(middlewares_, plan.middlewares));
  if (chain.is_empty()) return inner;
  auto& slot = guarded_[name];
  slot = std::make_unique<http::ChainedService>(std::move(chain), *inner);
  return slot.get();
}

void Runtime::make_services(Blueprint& blueprint, const Options& options) {
  for (auto& [name, plan] : blueprint.services) {
    if (plan.standing == Standing::usable) make(name, blueprint, options);
  }
  for (AskedService& asked : middlewares_.asked) {
    if (asked.service.empty()) {
      make_asked(asked, options);
      continue;
    }
    asked.slot.service = service_named(asked.service);
  }
}

// A server that one middleware asks: its own pool, one server, no balancing.
void Runtime::make_asked(AskedService& asked, const Options& options) {
  const bool secure = asked.url.scheme == "https";
  const std::string name = fmt::format("{} of {}", asked.url.authority, asked.of);
  auto& pool = pools_[name];
  pool = std::make_unique<upstream::Pool>(
      *options.loop, options.names, *options.connector,
      upstream::TransportSettings{.request_timeout_ms = asked.request_timeout_ms});
  if (secure)
    pool->set_tls({client_context(name, asked.tls), options.wire, options.gate, options.log});
  const bool can_be_asked = !secure || pool->tls().context != nullptr;
  auto& slot = services_[name];
  slot = std::make_unique<upstream::LoadBalancer>(
      upstream::Server{
          .target = can_be_asked ? &pool->target(asked.url.host, asked.url.port, secure) : nullptr,
          .url = fmt::format("{}://{}", asked.url.scheme, asked.url.authority),
          .host = asked.url.authority,
          .path_prefix = {}},
      name);
  asked.slot.service = slot.get();
}

http::Service* Runtime::service_named(const std::string& name) const {
  if (const auto found = guarded_.find(name); found != guarded_.end()) return found->second.get();
  const auto found = services_.find(name);
  return found == services_.end() ? nullptr : found->second.get();
}

void Runtime::make_routes() {
  routes_.resize(routing_.routers.size());
  for (std::uint32_t i = 0; i < routes_.size(); ++i) {
    const routing::Router& router = routing_.routers[i];
    Route& route = routes_[i];
    route.name = router.name;
    route.service_name = router.service;
    route.service = service_named(router.service);
    if (http::Chain chain(links_of(middlewares_, router.middlewares)); !chain.is_empty())
      route.chain = std::move(chain);
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
  const auto kind = request.secure != nullptr ? routing::Kind::tls : routing::Kind::plain;
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
