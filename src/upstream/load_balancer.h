// SPDX-License-Identifier: MIT
// load_balancer.h -- the service that forwards: picks a server, finds a connection, and judges what became of it.
//
//   in      servers with their targets, a strategy, the options of the service
//   out     the server's answer, or 502, 503, 504 with the reason in the trace
//   own     its balancer; targets and pools are the worker's, found when they are first needed: a configuration is built
//           away from the loop. What one exchange needs lives in its arena
//   cost    warm: a pick, an idle connection, no allocation beyond the arena
//   source  http-services.md sections 2, 7 and 8; security.md section 3, last row
#pragma once

#include "http/service.h"
#include "upstream/balancer.h"
#include "upstream/forward_meter.h"
#include "upstream/live.h"
#include "upstream/pool_book.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pm::upstream {

// Where a server is, until the first request asks for its target.
struct Place {
  std::string host;  // as in the URL, without brackets
  std::uint16_t port = 0;
  Scheme scheme = Scheme::http;
};

struct Server {
  Target* target =
      nullptr;  // null: found by `place`, or it cannot be asked, and every attempt fails
  std::optional<Place> place{};  // of a scheme that can be served
  std::string url;               // as configured
  std::string host;         // host:port of the URL as it stands there, for passHostHeader: false
  std::string path_prefix;  // preservePath: the URL's path without a trailing slash
};

struct LoadBalancerOptions {
  std::string name;  // qualified, for the log
  bool pass_host_header = true;
  // Where targets are found by their place.
  PoolBook* pools = nullptr;
  std::shared_ptr<PoolPlan> plan{};
  LiveList live{};                        // with a health check
  std::unique_ptr<ForwardMeter> meter{};  // null: nothing is counted
};

class LoadBalancer final : public http::Service, public Checked {
 public:
  LoadBalancer(std::vector<Server> servers, std::unique_ptr<Balancer> balancer,
               LoadBalancerOptions options);

  // One server and nothing to choose.
  LoadBalancer(Server server, LoadBalancerOptions options);

  void serve(http::Exchange& exchange) noexcept override;
  bool is_up() noexcept override { return options_.live.has_any(); }

 private:
  void find_target(Server& server);

  std::vector<Server> servers_;
  std::unique_ptr<Balancer> balancer_;
  LoadBalancerOptions options_;
};

}  // namespace pm::upstream
