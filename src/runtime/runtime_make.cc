// SPDX-License-Identifier: MIT
// runtime_make.cc -- from a blueprint to a Runtime: services, chains and routes, resolved.
#include "config/contents.h"
#include "core/hash.h"
#include "runtime/pool_plans.h"
#include "runtime/runtime.h"
#include "runtime/service_meter.h"
#include "shm/cursors.h"
#include "upstream/load_balancer.h"
#include "upstream/weighted.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <set>

namespace pm::runtime {

using routing::Standing;

constexpr std::uint64_t agent_timeout_ms = 60000;

namespace {

std::uint64_t name_hash(observe::Family family, std::string_view name) noexcept {
  return fnv1a(name) + static_cast<std::uint64_t>(family);
}

}  // namespace

// Entry points are of the static part, which does not change below a worker.
bool Runtime::knows(observe::Family family, std::string_view name) const noexcept {
  return family == observe::Family::entry_point ||
         std::binary_search(counted_names_.begin(), counted_names_.end(), name_hash(family, name));
}

class RuntimeMaker {
 public:
  RuntimeMaker(const config::Config& config, Blueprint blueprint, const Runtime::Options& options,
               Runtime& out)
      : plan_(std::move(blueprint)),
        options_(options),
        out_(out),
        pools_(config.fixed.system_authorities, config.fixed.restrict_upstreams) {}

  void run() {
    for (auto& [name, plan] : plan_.services) {
      if (plan.standing == Standing::usable) make(name);
    }
    for (const auto& asked : plan_.middlewares.asked)
      make_asked(*asked);
    link_kept();
    make_agent_services();
    out_.routing_ = std::move(plan_.routing);
    make_routes();
    std::sort(out_.counted_names_.begin(), out_.counted_names_.end());
  }

 private:
  // What a name leads to: the service itself, behind middlewares of its own where it has some.
  struct Made {
    http::Service* service = nullptr;
    upstream::Checked* checked = nullptr;
    std::shared_ptr<Kept> kept;
  };

  std::shared_ptr<upstream::PoolPlan> pool_of(const ServicePlan& plan);
  shm::Cursor cursor_of(const std::string& name) const;
  std::shared_ptr<upstream::LoadBalancer> make_load_balancer(const std::string& name,
                                                             ServicePlan& plan);
  std::shared_ptr<upstream::Weighted> make_weighted(const std::string& name, ServicePlan& plan);
  std::unique_ptr<ServiceMeter> meter_of(const std::string& name);
  void note_counted(observe::Family family, std::string_view name);
  upstream::LiveList live_servers(const std::string& name, const config::LoadBalancer& source);
  upstream::LiveList live_children(const ServicePlan& plan);
  void make_agent_services();
  http::Service* make(const std::string& name);
  void make_asked(AskedService& asked);
  http::Service* service_named(const std::string& name) const;

  void link_kept();
  http::Chain chain_before(const std::string& user, const std::vector<std::string>& names);
  void keep_links(const std::string& user, const std::vector<std::string>& names,
                  std::vector<KeptPtr>& needs);
  void keep_for(const routing::Router& router, Route& route);
  void find_asked(const std::string& service, std::set<std::string>& seen);
  void find_asked(const std::vector<std::string>& middlewares, std::set<std::string>& seen);
  void make_routes();
  void make_route(const routing::Router& router, Route& route);

  Blueprint plan_;
  Runtime::Options options_;
  Runtime& out_;
  PoolPlans pools_;
  std::map<std::string, Made, std::less<>> services_;
  std::map<const http::Middleware*, std::shared_ptr<Kept>> links_;
  std::map<const http::Middleware*, std::vector<std::string>> asked_by_;  // services
};

std::shared_ptr<upstream::PoolPlan> RuntimeMaker::pool_of(const ServicePlan& plan) {
  const bool has_https =
      std::any_of(plan.urls.begin(), plan.urls.end(),
                  [](const upstream::ServerUrl& url) { return url.scheme == "https"; });
  return pools_.of(*plan.transport,
                   has_https ? &*plan_.transports.find(plan.transport)->second : nullptr);
}

// By the name alone: turns go on where they are when weights or servers change.
shm::Cursor RuntimeMaker::cursor_of(const std::string& name) const {
  const std::uint64_t identity = fnv1a(name);
  shm::Cursor cursor;
  if (options_.cursors != nullptr) cursor = options_.cursors->find(identity);
  if (cursor.turns == nullptr) cursor.start = options_.seed ^ identity;
  return cursor;
}

std::shared_ptr<upstream::LoadBalancer> RuntimeMaker::make_load_balancer(const std::string& name,
                                                                         ServicePlan& plan) {
  const config::LoadBalancer& source = *plan.source->load_balancer;
  const std::shared_ptr<upstream::PoolPlan> pool = pool_of(plan);
  std::vector<upstream::Server> servers;
  std::vector<std::int64_t> weights;
  for (std::size_t i = 0; i < source.servers.size(); ++i) {
    const upstream::ServerUrl& url = plan.urls[i];
    const auto scheme = upstream::scheme_named(url.scheme);
    weights.push_back(source.servers[i].weight);
    upstream::Server& server = servers.emplace_back();
    if (scheme && (!upstream::is_secure(*scheme) || pool->tls != nullptr))
      server.place = upstream::Place{url.host, url.port, *scheme};
    server.url = source.servers[i].url.value;
    server.host = url.authority;
    if (source.servers[i].preserve_path) server.path_prefix = url.path;
  }
  const shm::Cursor cursor = cursor_of(name);
  auto balancer = plan.balancer->build(weights, cursor.start, cursor.turns);
  return std::make_shared<upstream::LoadBalancer>(
      std::move(servers), std::move(balancer),
      upstream::LoadBalancerOptions{name, source.pass_host_header, options_.pools, pool,
                                    live_servers(name, source), meter_of(name)});
}

std::unique_ptr<ServiceMeter> RuntimeMaker::meter_of(const std::string& name) {
  if (options_.meters == nullptr || !options_.meters->settings().services) return nullptr;
  note_counted(observe::Family::service, name);
  return std::make_unique<ServiceMeter>(*options_.meters, name);
}

void RuntimeMaker::note_counted(observe::Family family, std::string_view name) {
  out_.counted_names_.push_back(name_hash(family, name));
}

upstream::LiveList RuntimeMaker::live_servers(const std::string& name,
                                              const config::LoadBalancer& source) {
  if (!source.health_check || options_.health == nullptr) return {};
  std::vector<std::uint64_t> keys;
  for (const config::Server& server : source.servers)
    keys.push_back(options_.health->key(name, server.url.value));
  return {*options_.health, std::move(keys)};
}

upstream::LiveList RuntimeMaker::live_children(const ServicePlan& plan) {
  if (!plan.source->weighted->health_check || options_.health == nullptr) return {};
  std::vector<upstream::Checked*> children;
  for (const std::string& child : plan.children)
    children.push_back(services_.find(child)->second.checked);
  return {*options_.health, std::move(children)};
}

std::shared_ptr<upstream::Weighted> RuntimeMaker::make_weighted(const std::string& name,
                                                                ServicePlan& plan) {
  std::vector<http::Service*> children;
  std::vector<std::int64_t> weights;
  for (std::size_t i = 0; i < plan.children.size(); ++i) {
    children.push_back(make(plan.children[i]));
    weights.push_back(plan.source->weighted->services[i].weight);
  }
  const shm::Cursor cursor = cursor_of(name);
  return std::make_shared<upstream::Weighted>(std::move(children), weights, cursor.start,
                                              cursor.turns, live_children(plan));
}

http::Chain RuntimeMaker::chain_before(const std::string& user,
                                       const std::vector<std::string>& names) {
  std::vector<const http::Middleware*> links;
  for (const auto& link : links_before(plan_.middlewares, user, names))
    links.push_back(link.get());
  return http::Chain(std::move(links));
}

// A usable plan has usable children only and is part of no cycle.
http::Service* RuntimeMaker::make(const std::string& name) {
  if (http::Service* made = service_named(name)) return made;
  ServicePlan& plan = plan_.services.find(name)->second;
  std::shared_ptr<http::Service> service;
  upstream::Checked* checked = nullptr;
  const auto take = [&](auto made) {
    checked = made.get();
    service = std::move(made);
  };
  plan.source->load_balancer ? take(make_load_balancer(name, plan))
                             : take(make_weighted(name, plan));
  Made& made = services_[name];
  made.checked = checked;
  made.service = service.get();
  // The middlewares of the service itself stand in front of it, whoever leads to it.
  http::Chain chain = chain_before("service " + name, plan.middlewares);
  std::vector<KeptPtr> needs;
  if (!chain.is_empty()) {
    auto guard = std::make_shared<http::ChainedService>(std::move(chain), *service);
    made.service = guard.get();
    needs.push_back(std::make_shared<Kept>(Kept{std::move(guard), {}}));
  }
  made.kept = std::make_shared<Kept>(Kept{std::move(service), std::move(needs)});
  return made.service;
}

// What the agent answers is asked of it as of any server: over its socket, the service's name before the path.
void RuntimeMaker::make_agent_services() {
  constexpr std::string_view names[] = {"api@internal", "dashboard@internal",
                                        "prometheus@internal"};
  for (const std::string_view name : names) {
    const auto is_asked = [name](const routing::Router& router) {
      return router.service == name;
    };
    const auto& routers = plan_.routing.routers;
    if (std::none_of(routers.begin(), routers.end(), is_asked)) continue;
    upstream::Server server;
    if (!options_.agent_socket.empty()) server.place = upstream::Place{options_.agent_socket, 0};
    server.url = "unix:agent";
    server.host = "agent";  // of clients that name none
    server.path_prefix = fmt::format("/{}", name);
    auto service = std::make_shared<upstream::LoadBalancer>(
        std::move(server),
        upstream::LoadBalancerOptions{
            .name = std::string(name),
            .pools = options_.pools,
            .plan = pools_.plan("agent", {.request_timeout_ms = agent_timeout_ms}, nullptr)});
    Made& made = services_[std::string(name)];
    made.service = service.get();
    made.kept = std::make_shared<Kept>(Kept{std::move(service), {}});
  }
}

// Somebody whom a middleware asks: a service of the configuration, or a server of its own with a pool of its own.
void RuntimeMaker::make_asked(AskedService& asked) {
  if (!asked.service.empty()) {
    asked.slot.service = service_named(asked.service);
    return;
  }
  const auto scheme = upstream::scheme_named(asked.url.scheme).value_or(upstream::Scheme::http);
  const bool secure = upstream::is_secure(scheme);
  const std::string name = fmt::format("{} of {}", asked.url.authority, asked.of);
  const std::shared_ptr<upstream::PoolPlan> pool = pools_.plan(
      name, {.request_timeout_ms = asked.request_timeout_ms}, secure ? &asked.tls : nullptr);
  upstream::Server server;
  if (!secure || pool->tls != nullptr)
    server.place = upstream::Place{asked.url.host, asked.url.port, scheme};
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

void RuntimeMaker::keep_links(const std::string& user, const std::vector<std::string>& names,
                              std::vector<KeptPtr>& needs) {
  for (auto& link : links_before(plan_.middlewares, user, names)) {
    std::shared_ptr<Kept>& kept = links_[link.get()];
    if (kept == nullptr) kept = std::make_shared<Kept>(Kept{std::move(link), {}});
    needs.push_back(kept);
  }
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
    keep_links("service " + name, plan.middlewares, made.kept->needs);
    for (const std::string& child : plan.children)
      made.kept->needs.push_back(services_.find(child)->second.kept);
  }
}

// The services that the middlewares of a service and of all below it ask.
void RuntimeMaker::find_asked(const std::string& service, std::set<std::string>& seen) {
  if (services_.find(service) == services_.end() || !seen.insert(service).second) return;
  const auto found = plan_.services.find(service);
  if (found == plan_.services.end()) return;  // one of our own
  const ServicePlan& plan = found->second;
  find_asked(plan.middlewares, seen);
  for (const std::string& child : plan.children)
    find_asked(child, seen);
}

void RuntimeMaker::find_asked(const std::vector<std::string>& middlewares,
                              std::set<std::string>& seen) {
  for (const MiddlewarePlan* link : links_of(plan_.middlewares, middlewares)) {
    const auto found = asked_by_.find(link->made.get());
    if (found == asked_by_.end()) continue;
    for (const std::string& service : found->second)
      find_asked(service, seen);
  }
}

void RuntimeMaker::keep_for(const routing::Router& router, Route& route) {
  keep_links("router " + router.name, router.middlewares, route.needs);
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
  if (http::Chain chain = chain_before("router " + router.name, router.middlewares);
      !chain.is_empty())
    route.chain = std::move(chain);
  route.internal = router.internal;
  route.redirect = router.redirect;
  route.children =
      router.children == routing::nowhere ? nullptr : &out_.routing_.tables[router.children];
  route.forbidden = router.forbidden;
  route.grpc_errors = router.grpc_errors;
  route.is_internal_service = router.service.ends_with("@internal");
  route.access_log =
      route.is_internal_service ? out_.routing_.add_internals : router.observed.access_logs;
  route.metrics =
      route.is_internal_service ? out_.routing_.count_internals : router.observed.metrics;
  if (options_.meters != nullptr && options_.meters->settings().routers) {
    route.meter.emplace(observe::Family::router, route.name, route.service_name);
    note_counted(observe::Family::router, route.name);
  }
  if (options_.meters != nullptr && options_.meters->settings().services) {
    note_counted(observe::Family::service, route.service_name);
  }
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
