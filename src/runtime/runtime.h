// SPDX-License-Identifier: MIT
// runtime.h -- a configuration ready to serve: tables, routes, services, pools. Immutable but for the state of its services.
//
//   in      a Config that the loader has checked. It may be built on any thread: nothing here touches a loop or a socket
//           before the first request
//   out     for a request: its route, or none
//   own     everything it is made of, shared with routes that exchanges hold longer; nothing of the Config is kept but the
//           texts of certificates
//   errors  none: what cannot be built is left out, with a finding
//   cost    a search in the routing table a request
//   source  architecture.md section 2, decision 41
#pragma once

#include "config/dynamic_model.h"
#include "config/findings.h"
#include "runtime/middleware_plan.h"
#include "runtime/modules.h"
#include "runtime/route.h"
#include "runtime/service_plan.h"
#include "runtime/tls_front.h"
#include "runtime/tls_plan.h"
#include "shm/health.h"
#include "upstream/pool_book.h"

#include <memory>
#include <string>
#include <vector>

namespace pm::shm {
class Cursors;
}

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
    upstream::PoolBook* pools = nullptr;           // asked by services, on the loop
    std::uint64_t seed = 0;                        // where rotations begin that nobody shares
    shm::Cursors* cursors = nullptr;               // null: workers do not share any
    const shm::TicketKeys* ticket_keys = nullptr;  // null: no session is resumed
    const shm::Health* health = nullptr;           // null: every server counts as up
    std::string agent_socket;                      // "": there is none, api@internal answers 502
    observe::Meters* meters = nullptr;  // null: nothing is counted; first touched on the loop
  };
  Runtime(config::Config config, const Modules& modules, const Options& options);
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  // The root route of a plain request on an entry point, or null.
  const Route* find(std::uint32_t entry_point, const http::Request& request) const noexcept;
  // The child of `parent` for the request as it is now, or null.
  const Route* find_child(const Route& parent, const http::Request& request) const noexcept;
  const routing::TlsHosts& tls_hosts(std::uint32_t entry_point) const noexcept {
    return routing_.tls[entry_point];
  }
  // Null where no entry point has HTTPS routers. A handshake holds it.
  const std::shared_ptr<TlsFront>& tls() const noexcept { return tls_; }

  // Whether that is counted under this name here.
  bool knows(observe::Family family, std::string_view name) const noexcept;

  // On the loop, when this one takes the place of `old`: what `old` has decoded meanwhile need not be decoded again.
  void inherit(const Runtime& old) noexcept;
  // On the loop, of one whose place was taken: routes that exchanges hold are theirs from now on, and the rest may be
  // destroyed on any thread. Not while an exchange holds it whole.
  void part() noexcept;
  mutable std::uint32_t holders = 0;  // exchanges that hold it whole

 private:
  friend class RuntimeMaker;
  std::shared_ptr<TlsFront> tls_;
  routing::Routing routing_;
  std::vector<std::uint64_t> counted_names_;    // hashes, rising: of what has series of its own
  std::vector<std::unique_ptr<Route>> routes_;  // beside Routing::routers
};

}  // namespace pm::runtime
