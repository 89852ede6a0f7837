// SPDX-License-Identifier: MIT
#include "upstream/load_balancer.h"

#include "http/hop.h"
#include "upstream/forward.h"
#include "upstream/weighted.h"

namespace pm::upstream {

LoadBalancer::LoadBalancer(std::vector<Server> servers, std::unique_ptr<Balancer> balancer,
                           LoadBalancerOptions options)
    : servers_(std::move(servers)), balancer_(std::move(balancer)), options_(std::move(options)) {}

LoadBalancer::LoadBalancer(Server server, std::string name)
    : options_{.name = std::move(name), .pass_host_header = false} {
  servers_.push_back(std::move(server));
}

void LoadBalancer::serve(http::Exchange& exchange) noexcept {
  const auto choice = balancer_ == nullptr ? std::optional<std::uint32_t>(0) : balancer_->pick({});
  if (!choice) return reply_no_server(exchange);
  if (exchange.forwarded != nullptr)
    http::prepare_for_server(exchange.request(), *exchange.forwarded);
  exchange.arena().make<Forward>(exchange, servers_[*choice], options_.pass_host_header)->start();
}

}  // namespace pm::upstream
