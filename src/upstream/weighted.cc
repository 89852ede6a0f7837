// SPDX-License-Identifier: MIT
#include "upstream/weighted.h"

#include "http/reply.h"

namespace pm::upstream {

void Weighted::serve(http::Exchange& exchange) noexcept {
  const auto turn = schedule_.next(live_.get());
  if (!turn) return reply_no_server(exchange);
  children_[*turn]->serve(exchange);
}

void reply_no_server(http::Exchange& exchange) noexcept {
  exchange.trace().termination = "no-server";
  http::reply(exchange, 503, "no available server\n", http::BodyType::plain);
}

}  // namespace pm::upstream
