// SPDX-License-Identifier: MIT
#include "http/reply.h"

namespace pm::http {
namespace {

void send(Exchange& exchange, std::uint16_t status, std::string_view body) noexcept {
  Response& response = exchange.response();
  response.status = status;
  response.reason = {};
  response.origin = Origin::proxy;
  response.framing = Framing::length;
  response.content_length = body.size();
  exchange.set_client_end(nullptr);
  exchange.response_head();
  if (!body.empty()) exchange.response_chunk({{&body, 1}, body.size()});
  exchange.response_end();
  exchange.flush_response();
}

}  // namespace

void reply(Exchange& exchange, std::uint16_t status, std::string_view body,
           BodyType type) noexcept {
  Headers& headers = exchange.response().headers;
  headers.clear();
  if (type == BodyType::plain) {
    headers.append(FieldId::content_type, "text/plain; charset=utf-8");
    headers.append("X-Content-Type-Options", "nosniff");
  }
  send(exchange, status, body);
}

void redirect(Exchange& exchange, std::uint16_t status, std::string_view location) noexcept {
  Headers& headers = exchange.response().headers;
  headers.clear();
  headers.append(FieldId::location, location);
  send(exchange, status, reason_phrase(status));
}

}  // namespace pm::http
