// SPDX-License-Identifier: MIT
// load_balancer.h -- the service that forwards: picks a server, finds a connection, and judges what became of it.
//
//   in      servers with their targets, a strategy, the options of the service
//   out     the server's answer, or 502, 503, 504 with the reason in the trace
//   own     its balancer; targets and pools are the worker's. What one exchange needs lives in its arena
//   cost    warm: a pick, an idle connection, no allocation beyond the arena
//   source  http-services.md sections 2, 7 and 8; security.md section 3, last row
#pragma once

#include "http/service.h"
#include "upstream/balancer.h"
#include "upstream/pool.h"

#include <memory>
#include <string>
#include <vector>

namespace pm::upstream {

struct Server {
  Target* target = nullptr;  // null: a scheme that cannot be served; every attempt fails
  std::string url;           // as configured
  std::string host;          // host:port of the URL as it stands there, for passHostHeader: false
  std::string path_prefix;   // preservePath: the URL's path without a trailing slash
};

struct LoadBalancerOptions {
  std::string name;  // qualified, for the log
  bool pass_host_header = true;
};

class LoadBalancer final : public http::Service {
 public:
  LoadBalancer(std::vector<Server> servers, std::unique_ptr<Balancer> balancer,
               LoadBalancerOptions options);

  // One server and nothing to choose, which sees its own name as Host.
  LoadBalancer(Server server, std::string name);

  void serve(http::Exchange& exchange) noexcept override;

 private:
  friend class Forward;
  std::vector<Server> servers_;
  std::unique_ptr<Balancer> balancer_;
  LoadBalancerOptions options_;
};

}  // namespace pm::upstream
