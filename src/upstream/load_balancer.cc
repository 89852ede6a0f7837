// SPDX-License-Identifier: MIT
#include "upstream/load_balancer.h"

#include "http/hop.h"
#include "upstream/forward.h"
#include "upstream/weighted.h"

namespace pm::upstream {

LoadBalancer::LoadBalancer(std::vector<Server> servers, std::unique_ptr<Balancer> balancer,
                           LoadBalancerOptions options)
    : servers_(std::move(servers)), balancer_(std::move(balancer)), options_(std::move(options)) {}

void LoadBalancer::serve(http::Exchange& exchange) noexcept {
  const auto choice = balancer_->pick({});
  if (!choice) return reply_no_server(exchange);
  if (exchange.forwarded != nullptr)
    http::prepare_for_server(exchange.request(), *exchange.forwarded);
  exchange.arena().make<Forward>(exchange, servers_[*choice], options_.pass_host_header)->start();
}

}  // namespace pm::upstream
