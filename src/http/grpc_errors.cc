// SPDX-License-Identifier: MIT
#include "http/grpc_errors.h"

#include "core/text.h"

namespace pm::http {
namespace {

constexpr std::string_view grpc_type = "application/grpc";

// The names of gRPC's own list of codes.
enum class GrpcStatus : std::uint8_t {
  unknown = 2,
  deadline_exceeded = 4,
  permission_denied = 7,
  resource_exhausted = 8,
  unimplemented = 12,
  internal = 13,
  unavailable = 14,
  unauthenticated = 16,
};

GrpcStatus status_for(std::uint16_t http_status) noexcept {
  switch (http_status) {
    case 400: return GrpcStatus::internal;
    case 401: return GrpcStatus::unauthenticated;
    case 403: return GrpcStatus::permission_denied;
    case 404: return GrpcStatus::unimplemented;
    case 413:
    case 429: return GrpcStatus::resource_exhausted;
    case 502:
    case 503: return GrpcStatus::unavailable;
    case 504: return GrpcStatus::deadline_exceeded;
    default: return GrpcStatus::unknown;
  }
}

// "application/grpc-web-text" of "application/grpc-web-text+proto; x": the answer has no message whose form to name.
std::string_view type_of(const Request& request) noexcept {
  const std::string_view type = request.headers.get(FieldId::content_type);
  return type.substr(0, type.find_first_of("+; "));
}

class GrpcErrors final : public ServerEnd {
 public:
  explicit GrpcErrors(Exchange& exchange) noexcept
      : outer_(&exchange.server_end()), type_(type_of(exchange.request())) {}

 private:
  void resume_request(Exchange& exchange) noexcept override { outer_->resume_request(exchange); }
  void hold_request(Exchange& exchange) noexcept override { outer_->hold_request(exchange); }
  void send_interim(Exchange& exchange, std::uint16_t status,
                    const Headers& headers) noexcept override {
    outer_->send_interim(exchange, status, headers);
  }
  void send_head(Exchange& exchange) noexcept override;
  void send_chunk(Exchange& exchange, const Chunk& chunk) noexcept override {
    if (!is_error_) outer_->send_chunk(exchange, chunk);
  }
  void send_end(Exchange& exchange) noexcept override {
    if (is_error_) exchange.response().trailers.clear();
    exchange.end_to(*outer_);
  }
  Flow flush_response(Exchange& exchange) noexcept override {
    return outer_->flush_response(exchange);
  }
  void cut(Exchange& exchange) noexcept override { outer_->cut(exchange); }
  void rewrite(Exchange& exchange) const noexcept;

  ServerEnd* outer_;
  std::string_view type_;
  bool is_error_ = false;
};

void GrpcErrors::send_head(Exchange& exchange) noexcept {
  const Response& response = exchange.response();
  const bool is_own = response.origin == Origin::proxy || response.origin == Origin::middleware;
  is_error_ = is_own && response.status >= 400;
  if (is_error_) rewrite(exchange);
  exchange.head_to(*outer_);
}

void GrpcErrors::rewrite(Exchange& exchange) const noexcept {
  Response& response = exchange.response();
  const std::string_view message = reason_phrase(response.status);
  char digits[20];
  const std::size_t size = text::write_decimal(digits, grpc_status_of(response.status));
  response.headers.set(FieldId::content_type, type_);
  response.headers.drop(FieldId::content_encoding);
  response.headers.drop(FieldId::content_length);
  response.headers.set("grpc-status", exchange.arena().copy({digits, size}));
  if (!message.empty()) response.headers.set("grpc-message", message);
  response.status = 200;
  response.reason = {};
  // HTTP/1 has to say that nothing follows.
  const bool is_h1 = exchange.request().version != Version::http2;
  response.framing = is_h1 ? Framing::length : Framing::none;
  response.content_length = 0;
}

}  // namespace

bool is_grpc(const Request& request) noexcept {
  return text::starts_with_ignore_case(request.headers.get(FieldId::content_type), grpc_type);
}

std::uint16_t grpc_status_of(std::uint16_t http_status) noexcept {
  return static_cast<std::uint16_t>(status_for(http_status));
}

void answer_as_grpc(Exchange& exchange) noexcept {
  exchange.set_server_end(*exchange.arena().make<GrpcErrors>(exchange));
}

}  // namespace pm::http
