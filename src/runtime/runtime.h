// SPDX-License-Identifier: MIT
// runtime.h -- a configuration ready to serve: tables, routes, services, pools. Immutable but for the state of its services.
//
//   in      a Config that the loader has checked; the loop and the names of the worker
//   out     for a request: its route, or none
//   own     everything it is made of; nothing of the Config is kept
//   errors  none: what cannot be built is left out, with a finding
//   cost    a search in the routing table a request
//   source  architecture.md section 2
#pragma once

#include "config/dynamic_model.h"
#include "config/findings.h"
#include "runtime/middleware_plan.h"
#include "runtime/modules.h"
#include "runtime/route.h"
#include "runtime/service_plan.h"
#include "runtime/tls_front.h"
#include "runtime/tls_plan.h"
#include "upstream/load_balancer.h"
#include "upstream/weighted.h"

#include <map>
#include <memory>
#include <vector>

namespace pm::runtime {

// What every later step shares: judged services and built routers.
struct Blueprint {
  TlsPlans tls;
  TransportPlans transports;
  MiddlewarePlans middlewares;
  ServicePlans services;
  routing::Routing routing;
};
Blueprint draw(const config::Config& config, const Modules& modules, config::Findings& findings);

class Runtime {
 public:
  struct Options {
    net::Loop* loop = nullptr;
    const shm::Names* names = nullptr;
    upstream::Connector* connector = nullptr;
    std::uint64_t seed = 0;  // where rotations begin
    tls::Wire* wire = nullptr;
    tls::Gate* gate = nullptr;
    Log* log = nullptr;
    const shm::TicketKeys* ticket_keys = nullptr;  // null: no session is resumed
  };
  Runtime(const config::Config& config, const Modules& modules, const Options& options);
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  // The root route of a plain request on an entry point, or null.
  const Route* find(std::uint32_t entry_point, const http::Request& request) const noexcept;
  // The child of `parent` for the request as it is now, or null.
  const Route* find_child(const Route& parent, const http::Request& request) const noexcept;
  void close_idle() noexcept;
  const routing::TlsHosts& tls_hosts(std::uint32_t entry_point) const noexcept {
    return routing_.tls[entry_point];
  }
  TlsFront& tls() const noexcept { return *tls_; }  // only where an entry point has HTTPS routers

 private:
  void make_services(Blueprint& blueprint, const Options& options);
  tls::ClientContext* client_context(const std::string& name, const tls::ClientOptions& planned);
  upstream::Pool& pool_for(const ServicePlan& plan, const Blueprint& blueprint,
                           const Options& options);
  void make_load_balancer(const std::string& name, ServicePlan& plan, const Blueprint& blueprint,
                          const Options& options);
  http::Service* make(const std::string& name, Blueprint& blueprint, const Options& options);
  void make_asked(AskedService& asked, const Options& options);
  http::Service* guard(const std::string& name, const ServicePlan& plan);
  http::Service* service_named(const std::string& name) const;  // null: it is not there
  void make_routes();

  std::unique_ptr<TlsFront> tls_;     // null where nobody takes HTTPS: a library's worth of memory
  tls::StorePtr system_authorities_;  // null until a transport needs them
  std::string_view system_pem_;
  std::map<std::string, std::unique_ptr<tls::ClientContext>, std::less<>> client_contexts_;
  MiddlewarePlans middlewares_;
  routing::Routing routing_;
  std::vector<Route> routes_;  // beside Routing::routers
  std::map<std::string, std::unique_ptr<upstream::Pool>, std::less<>> pools_;  // by transport
  std::map<std::string, std::unique_ptr<http::Service>, std::less<>> services_;
  // Those behind middlewares of their own, under the same name; the ones above are what they lead to.
  std::map<std::string, std::unique_ptr<http::Service>, std::less<>> guarded_;
};

}  // namespace pm::runtime
