// SPDX-License-Identifier: MIT
// runtime_make.cc -- from a blueprint to a Runtime: services, chains and routes, resolved.
#include "core/hash.h"
#include "config/contents.h"
#include "runtime/runtime.h"
#include "upstream/load_balancer.h"
#include "upstream/weighted.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <set>

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

std::string trust_of(const tls::ClientOptions* tls, std::string_view system_pem) {
  if (tls == nullptr) return "plain";
  const bool trusts_system = tls->verify && tls->authorities.empty();
  return fmt::format("{} {}", tls::fingerprint_of(*tls), trusts_system ? fnv1a(system_pem) : 0);
}

// Everything that a pool of these settings does differently from another one.
std::string key_of(std::string_view name, const upstream::TransportSettings& settings,
                   std::string_view trust) {
  return fmt::format("{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}", name, settings.max_idle_per_host,
                     settings.max_idle, settings.max_per_host, settings.lifetime_ms,
                     settings.dial_timeout_ms, settings.head_timeout_ms, settings.idle_timeout_ms,
                     settings.request_timeout_ms, settings.max_response_header_bytes,
                     trust);
}

}  // namespace

class RuntimeMaker {
 public:
  RuntimeMaker(const config::Config& config, Blueprint blueprint, const Runtime::Options& options,
               Runtime& out)
      : system_pem_(config.fixed.system_authorities),
        plan_(std::move(blueprint)),
        options_(options),
        out_(out) {}

  void run() {
    for (auto& [name, plan] : plan_.services) {
      if (plan.standing == Standing::usable) make(name);
    }
    for (const auto& asked : plan_.middlewares.asked)
      make_asked(*asked);
    link_kept();
    out_.routing_ = std::move(plan_.routing);
    make_routes();
  }

 private:
  // What a name leads to: the service itself, behind middlewares of its own where it has some.
  struct Made {
    http::Service* service = nullptr;
    std::shared_ptr<Kept> kept;
  };

  std::unique_ptr<tls::ClientContext> client_context(const tls::ClientOptions& planned);
  std::shared_ptr<upstream::PoolPlan> pool_plan(const std::string& name,
                                                const upstream::TransportSettings& settings,
                                                const tls::ClientOptions* tls);
  std::shared_ptr<upstream::PoolPlan> pool_of(const ServicePlan& plan);
  std::shared_ptr<http::Service> make_load_balancer(const std::string& name, ServicePlan& plan);
  std::shared_ptr<http::Service> make_weighted(const std::string& name, ServicePlan& plan);
  http::Service* make(const std::string& name);
  void make_asked(AskedService& asked);
  http::Service* service_named(const std::string& name) const;

  void link_kept();
  void keep_links(const std::vector<std::string>& names, std::vector<KeptPtr>& needs);
  void keep_for(const routing::Router& router, Route& route);
  void find_asked(const std::string& service, std::set<std::string>& seen);
  void find_asked(const std::vector<std::string>& middlewares, std::set<std::string>& seen);
  void make_routes();
  void make_route(const routing::Router& router, Route& route);

  std::string_view system_pem_;
  Blueprint plan_;
  Runtime::Options options_;
  Runtime& out_;
  tls::StorePtr system_authorities_;  // null until a transport needs them
  std::map<std::string, std::shared_ptr<upstream::PoolPlan>, std::less<>> pools_;
  std::map<std::string, Made, std::less<>> services_;
  std::map<const http::Middleware*, std::shared_ptr<Kept>> links_;
  std::map<const http::Middleware*, std::vector<std::string>> asked_by_;  // services
};

// Made when the first https server that wants it is met: most configurations have none.
std::unique_ptr<tls::ClientContext> RuntimeMaker::client_context(
    const tls::ClientOptions& planned) {
  if (system_authorities_ == nullptr && planned.verify && planned.authorities.empty())
    system_authorities_ = tls::store_of(system_pem_);
  auto made = tls::ClientContext::create(planned, system_authorities_.get());
  return made ? std::move(made).value() : nullptr;
}

std::shared_ptr<upstream::PoolPlan> RuntimeMaker::pool_plan(
    const std::string& name, const upstream::TransportSettings& settings,
    const tls::ClientOptions* tls) {
  auto& plan = pools_[name];
  if (plan != nullptr) return plan;
  plan = std::make_shared<upstream::PoolPlan>();
  plan->key = key_of(name, settings, trust_of(tls, system_pem_));
  plan->settings = settings;
  if (tls != nullptr) plan->tls = client_context(*tls);
  return plan;
}

std::shared_ptr<upstream::PoolPlan> RuntimeMaker::pool_of(const ServicePlan& plan) {
  const config::ServersTransport& transport = *plan.transport;
  const bool has_https =
      std::any_of(plan.urls.begin(), plan.urls.end(),
                  [](const upstream::ServerUrl& url) { return url.scheme == "https"; });
  const std::string name = routing::qualified(transport.name, transport.provider);
  // Apart, so that a first https server somewhere takes no idle connection from the others.
  return pool_plan(has_https ? name + " over TLS" : name, settings_of(transport),
                   has_https ? &*plan_.transports.find(&transport)->second : nullptr);
}

std::shared_ptr<http::Service> RuntimeMaker::make_load_balancer(const std::string& name,
                                                                ServicePlan& plan) {
  const config::LoadBalancer& source = *plan.source->load_balancer;
  const std::shared_ptr<upstream::PoolPlan> pool = pool_of(plan);
  std::vector<upstream::Server> servers;
  std::vector<std::int64_t> weights;
  for (std::size_t i = 0; i < source.servers.size(); ++i) {
    const upstream::ServerUrl& url = plan.urls[i];
    const bool secure = url.scheme == "https";
    weights.push_back(source.servers[i].weight);
    upstream::Server& server = servers.emplace_back();
    if (secure ? pool->tls != nullptr : url.scheme == "http")
      server.place = upstream::Place{url.host, url.port, secure};
    server.url = source.servers[i].url.value;
    server.host = url.authority;
    if (source.servers[i].preserve_path) server.path_prefix = url.path;
  }
  auto balancer = plan.balancer->build(weights, options_.seed ^ fnv1a(name));
  return std::make_shared<upstream::LoadBalancer>(
      std::move(servers), std::move(balancer),
      upstream::LoadBalancerOptions{name, source.pass_host_header, options_.pools, pool});
}

std::shared_ptr<http::Service> RuntimeMaker::make_weighted(const std::string& name,
                                                           ServicePlan& plan) {
  std::vector<http::Service*> children;
  std::vector<std::int64_t> weights;
  for (std::size_t i = 0; i < plan.children.size(); ++i) {
    children.push_back(make(plan.children[i]));
    weights.push_back(plan.source->weighted->services[i].weight);
  }
  return std::make_shared<upstream::Weighted>(std::move(children), weights,
                                              options_.seed ^ fnv1a(name));
}

// A usable plan has usable children only and is part of no cycle.
http::Service* RuntimeMaker::make(const std::string& name) {
  if (http::Service* made = service_named(name)) return made;
  ServicePlan& plan = plan_.services.find(name)->second;
  std::shared_ptr<http::Service> service =
      plan.source->load_balancer ? make_load_balancer(name, plan) : make_weighted(name, plan);
  Made& made = services_[name];
  made.service = service.get();
  // The middlewares of the service itself stand in front of it, whoever leads to it.
  http::Chain chain(links_of(plan_.middlewares, plan.middlewares));
  std::vector<KeptPtr> needs;
  if (!chain.is_empty()) {
    auto guard = std::make_shared<http::ChainedService>(std::move(chain), *service);
    made.service = guard.get();
    needs.push_back(std::make_shared<Kept>(Kept{std::move(guard), {}}));
  }
  made.kept = std::make_shared<Kept>(Kept{std::move(service), std::move(needs)});
  return made.service;
}

// Somebody whom a middleware asks: a service of the configuration, or a server of its own with a pool of its own.
void RuntimeMaker::make_asked(AskedService& asked) {
  if (!asked.service.empty()) {
    asked.slot.service = service_named(asked.service);
    return;
  }
  const bool secure = asked.url.scheme == "https";
  const std::string name = fmt::format("{} of {}", asked.url.authority, asked.of);
  const std::shared_ptr<upstream::PoolPlan> pool =
      pool_plan(name, {.request_timeout_ms = asked.request_timeout_ms},
                secure ? &asked.tls : nullptr);
  upstream::Server server;
  if (!secure || pool->tls != nullptr)
    server.place = upstream::Place{asked.url.host, asked.url.port, secure};
  server.url = fmt::format("{}://{}", asked.url.scheme, asked.url.authority);
  server.host = asked.url.authority;
  // One server, which sees its own name as Host.
  asked.own = std::make_unique<upstream::LoadBalancer>(
      std::move(server), upstream::LoadBalancerOptions{name, false, options_.pools, pool});
  asked.slot.service = asked.own.get();
}

http::Service* RuntimeMaker::service_named(const std::string& name) const {
  const auto found = services_.find(name);
  return found == services_.end() ? nullptr : found->second.service;
}

// ---- what keeps what alive --------------------------------------------------------------------------------------------

void RuntimeMaker::keep_links(const std::vector<std::string>& names, std::vector<KeptPtr>& needs) {
  for (const http::Middleware* link : links_of(plan_.middlewares, names))
    needs.push_back(links_.find(link)->second);
}

// A service, its children, its middlewares: these make no circle. What a middleware asks may lead back to itself, so
// routes hold that beside it.
void RuntimeMaker::link_kept() {
  for (const auto& [name, plan] : plan_.middlewares.by_name) {
    if (plan.made == nullptr) continue;
    Kept kept{plan.made, {}};
    for (const auto& asked : plan.asked)
      kept.needs.push_back(std::make_shared<Kept>(Kept{asked, {}}));
    links_[plan.made.get()] = std::make_shared<Kept>(std::move(kept));
    for (const auto& asked : plan.asked) {
      if (!asked->service.empty()) asked_by_[plan.made.get()].push_back(asked->service);
    }
  }
  for (auto& [name, made] : services_) {
    const ServicePlan& plan = plan_.services.find(name)->second;
    keep_links(plan.middlewares, made.kept->needs);
    for (const std::string& child : plan.children)
      made.kept->needs.push_back(services_.find(child)->second.kept);
  }
}

// The services that the middlewares of a service and of all below it ask.
void RuntimeMaker::find_asked(const std::string& service, std::set<std::string>& seen) {
  if (services_.find(service) == services_.end() || !seen.insert(service).second) return;
  const ServicePlan& plan = plan_.services.find(service)->second;
  find_asked(plan.middlewares, seen);
  for (const std::string& child : plan.children)
    find_asked(child, seen);
}

void RuntimeMaker::find_asked(const std::vector<std::string>& middlewares,
                              std::set<std::string>& seen) {
  for (const http::Middleware* link : links_of(plan_.middlewares, middlewares)) {
    const auto found = asked_by_.find(link);
    if (found == asked_by_.end()) continue;
    for (const std::string& service : found->second)
      find_asked(service, seen);
  }
}

void RuntimeMaker::keep_for(const routing::Router& router, Route& route) {
  keep_links(router.middlewares, route.needs);
  if (const auto made = services_.find(router.service); made != services_.end())
    route.needs.push_back(made->second.kept);
  if (asked_by_.empty()) return;
  std::set<std::string> asked;
  find_asked(router.middlewares, asked);
  find_asked(router.service, asked);
  for (const std::string& service : asked)
    route.needs.push_back(services_.find(service)->second.kept);
}

void RuntimeMaker::make_route(const routing::Router& router, Route& route) {
  route.name = router.name;
  route.service_name = router.service;
  route.service = service_named(router.service);
  if (http::Chain chain(links_of(plan_.middlewares, router.middlewares)); !chain.is_empty())
    route.chain = std::move(chain);
  route.internal = router.internal;
  route.redirect = router.redirect;
  route.children =
      router.children == routing::nowhere ? nullptr : &out_.routing_.tables[router.children];
  route.forbidden = router.forbidden;
  route.is_internal_service = router.service.ends_with("@internal");
  route.access_log =
      route.is_internal_service ? out_.routing_.add_internals : router.observed.access_logs;
  keep_for(router, route);
}

void RuntimeMaker::make_routes() {
  out_.routes_.reserve(out_.routing_.routers.size());
  for (const routing::Router& router : out_.routing_.routers) {
    out_.routes_.push_back(std::make_unique<Route>());
    make_route(router, *out_.routes_.back());
  }
}

Runtime::Runtime(config::Config config, const Modules& modules, const Options& options) {
  config::Findings findings;  // the loader has shown them
  Blueprint blueprint = draw(config, modules, findings);
  const auto& hosts = blueprint.routing.tls;
  const bool takes_tls = std::any_of(hosts.begin(), hosts.end(),
                                     [](const routing::TlsHosts& one) { return one.has_routers; });
  const TlsPlans tls = blueprint.tls;
  RuntimeMaker(config, std::move(blueprint), options, *this).run();
  // The library's memory where somebody takes HTTPS only; from here on the texts of certificates are its own.
  if (takes_tls) tls_ = std::make_shared<TlsFront>(config.dynamic, tls, options.ticket_keys);
  config::drop_keys(config);
}

}  // namespace pm::runtime
