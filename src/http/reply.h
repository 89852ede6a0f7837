// SPDX-License-Identifier: MIT
// reply.h -- answers that the proxy makes itself.
//
//   in      an Exchange whose response has not started; a status, a body that lives as long as the exchange
//   out     the whole response is handed over; the exchange may be gone when the call returns
//   cost    one send
//   source  http-services.md section 8, http-routing.md sections 4 and 7
#pragma once

#include "http/exchange.h"

namespace pm::http {

// "text/plain; charset=utf-8" with nosniff, as the core's error bodies have it; or no Content-Type at all.
enum class BodyType : std::uint8_t { none, plain };

void reply(Exchange& exchange, std::uint16_t status, std::string_view body, BodyType type) noexcept;
// In two steps, for a middleware: it prepares, may add fields, and whoever runs it sends.
void prepare_reply(Exchange& exchange, std::uint16_t status, std::string_view body,
                   BodyType type) noexcept;
void send_reply(Exchange& exchange) noexcept;
// GET may become anything; every other method must come again as it was.
constexpr std::uint16_t redirect_status(std::string_view method, bool is_permanent) noexcept {
  if (method == "GET") return is_permanent ? 301 : 302;
  return is_permanent ? 308 : 307;
}
void redirect(Exchange& exchange, std::uint16_t status, std::string_view location) noexcept;

}  // namespace pm::http
