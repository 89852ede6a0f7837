// SPDX-License-Identifier: MIT
#include "upstream/load_balancer.h"

#include "http/hop.h"
#include "upstream/forward.h"
#include "upstream/weighted.h"

namespace pm::upstream {

LoadBalancer::LoadBalancer(std::vector<Server> servers, std::unique_ptr<Balancer> balancer,
                           LoadBalancerOptions options)
    : servers_(std::move(servers)), balancer_(std::move(balancer)), options_(std::move(options)) {}

LoadBalancer::LoadBalancer(Server server, LoadBalancerOptions options)
    : options_(std::move(options)) {
  servers_.push_back(std::move(server));
}

void LoadBalancer::find_target(Server& server) {
  if (!server.place || options_.pools == nullptr) return;
  const Place& place = *server.place;
  server.target = &options_.pools->pool(options_.plan).target(place.host, place.port, place.scheme);
}

void LoadBalancer::serve(http::Exchange& exchange) noexcept {
  const auto choice = balancer_ == nullptr
                          ? std::optional<std::uint32_t>(0)
                          : balancer_->pick({.live = options_.live.get(), .key = {}});
  if (!choice) {
    if (options_.meter != nullptr) options_.meter->on_no_server();
    return reply_no_server(exchange);
  }
  if (exchange.forwarded != nullptr)
    http::prepare_for_server(exchange.request(), *exchange.forwarded);
  Server& server = servers_[*choice];
  if (server.target == nullptr) find_target(server);
  ForwardMeter* meter = exchange.trace().is_counted ? options_.meter.get() : nullptr;
  exchange.arena().make<Forward>(exchange, server, options_.pass_host_header, meter)->start();
}

}  // namespace pm::upstream
