// SPDX-License-Identifier: MIT
#include "http/reply.h"

namespace pm::http {

void prepare_reply(Exchange& exchange, std::uint16_t status, std::string_view body,
                   BodyType type) noexcept {
  Response& response = exchange.response();
  response.clear();
  response.status = status;
  response.origin = Origin::proxy;
  const bool is_bodiless = status == 204 || status == 304;
  response.framing = is_bodiless ? Framing::none : Framing::length;
  response.content_length = is_bodiless ? 0 : body.size();
  exchange.reply_body = is_bodiless ? std::string_view{} : body;
  exchange.reply_maker = nullptr;
  if (type == BodyType::none) return;
  response.headers.append(FieldId::content_type, "text/plain; charset=utf-8");
  response.headers.append("X-Content-Type-Options", "nosniff");
}

void send_reply(Exchange& exchange) noexcept {
  if (ReplyMaker* maker = exchange.reply_maker) {
    exchange.reply_maker = nullptr;
    return maker->make(exchange);
  }
  const std::string_view body = exchange.reply_body;
  exchange.set_client_end(nullptr);
  exchange.response_head();
  if (!body.empty()) exchange.response_chunk({{&body, 1}, body.size()});
  exchange.response_end();
  exchange.flush_response();
}

void reply(Exchange& exchange, std::uint16_t status, std::string_view body,
           BodyType type) noexcept {
  prepare_reply(exchange, status, body, type);
  send_reply(exchange);
}

void redirect(Exchange& exchange, std::uint16_t status, std::string_view location) noexcept {
  prepare_reply(exchange, status, reason_phrase(status), BodyType::none);
  exchange.response().headers.append(FieldId::location, location);
  send_reply(exchange);
}

}  // namespace pm::http
