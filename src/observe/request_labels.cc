// SPDX-License-Identifier: MIT
#include "observe/request_labels.h"

#include "core/number.h"
#include "core/text.h"

#include <algorithm>

namespace pm::observe {
namespace {

constexpr std::uint16_t grpc_unknown = 2;

bool names_event_stream(std::string_view accept) noexcept {
  for (std::size_t begin = 0; begin <= accept.size();) {
    const std::size_t comma = std::min(accept.find(',', begin), accept.size());
    if (text::equals_ignore_case(text::trim_blanks(accept.substr(begin, comma - begin)),
                                 "text/event-stream"))
      return true;
    begin = comma + 1;
  }
  return false;
}

Protocol protocol_of(const http::Exchange& exchange) noexcept {
  using http::FieldId;
  if (exchange.trace().is_websocket) return Protocol::websocket;
  const http::Headers& headers = exchange.request().headers;
  // Its type is longer than what most clients accept.
  const std::string_view accept = headers.get(FieldId::accept);
  if (accept.size() >= 17 && names_event_stream(accept)) return Protocol::sse;
  if (!headers.may_have(FieldId::content_type)) return Protocol::http;
  const std::string_view type = headers.get(FieldId::content_type);
  if (type.starts_with("application/grpc-web")) return Protocol::grpc_web;
  if (type.starts_with("application/grpc")) return Protocol::grpc;
  return Protocol::http;
}

std::uint16_t grpc_status(const http::Response& response) noexcept {
  const http::Field* field = response.trailers.find("grpc-status");
  if (field == nullptr) field = response.headers.find("grpc-status");
  if (field == nullptr) return grpc_unknown;
  const auto status = parse_u64(field->value);
  return status && *status < 1000 ? static_cast<std::uint16_t>(*status) : grpc_unknown;
}

}  // namespace

RequestLabels labels_of(const http::Exchange& exchange, std::uint16_t status) noexcept {
  RequestLabels labels{status, method_of(exchange.request().method), protocol_of(exchange)};
  if (labels.protocol == Protocol::grpc || labels.protocol == Protocol::grpc_web)
    labels.code = grpc_status(exchange.response());
  return labels;
}

void append_label(std::string& to, std::string_view name, std::string_view value) {
  if (!to.empty()) to += ',';
  to.append(name).append("=\"");
  for (const char c : value) {
    if (c == '\\' || c == '"') to += '\\';
    c == '\n' ? to.append("\\n") : to.append(1, c);
  }
  to += '"';
}

// Bytes that may be no UTF-8 would make the whole page unreadable; and clients choose the values.
std::string header_labels_of(const http::Request& request, const std::vector<HeaderLabel>& labels) {
  constexpr std::size_t most = 128;
  std::string text;
  for (const HeaderLabel& label : labels) {
    std::string value(request.headers.get(label.header).substr(0, most));
    std::replace_if(
        value.begin(), value.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; },
        '?');
    append_label(text, label.name, value);
  }
  return text;
}

}  // namespace pm::observe
