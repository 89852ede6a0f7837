// SPDX-License-Identifier: MIT
#include "observe/request_labels.h"

#include "core/number.h"
#include "core/text.h"

#include <algorithm>
#include <cstring>

namespace pm::observe {
namespace {

constexpr std::uint16_t grpc_unknown = 2;
constexpr std::uint16_t is_kept = 0x8000;
constexpr std::string_view event_stream = "text/event-stream";

[[gnu::noinline]] bool has_event_stream(std::string_view accept) noexcept {
  bool is_named = false;
  text::for_each_part(accept, ',', [&is_named](std::string_view part) {
    if (part.size() >= event_stream.size())
      is_named |= text::equals_ignore_case(text::trim_blanks(part), event_stream);
  });
  return is_named;
}

// Nearly every client sends Accept and hardly one means a stream: most have no "-" in it.
bool names_event_stream(std::string_view accept) noexcept {
  return accept.size() >= event_stream.size() &&
         std::memchr(accept.data(), '-', accept.size()) != nullptr && has_event_stream(accept);
}

Protocol protocol_of(const http::Exchange& exchange) noexcept {
  using http::FieldId;
  if (exchange.trace().is_websocket) return Protocol::websocket;
  if (exchange.trace().is_grpc_web) return Protocol::grpc_web;
  const http::Headers& headers = exchange.request().headers;
  if (names_event_stream(headers.get(FieldId::accept))) return Protocol::sse;
  if (!headers.may_have(FieldId::content_type)) return Protocol::http;
  const std::string_view type = headers.get(FieldId::content_type);
  if (type.starts_with("application/grpc-web")) return Protocol::grpc_web;
  if (type.starts_with("application/grpc")) return Protocol::grpc;
  return Protocol::http;
}

}  // namespace

std::uint16_t kind_of(http::Exchange& exchange) noexcept {
  const auto method = static_cast<unsigned>(method_of(exchange.request().method));
  const auto protocol = static_cast<unsigned>(protocol_of(exchange));
  const auto kind = static_cast<std::uint16_t>(is_kept | method << 8 | protocol);
  exchange.trace().request_kind = kind;
  return kind;
}

std::uint16_t grpc_status(const http::Exchange& exchange) noexcept {
  std::string_view text = exchange.trace().grpc_status;
  if (text.empty()) text = exchange.response().trailers.get("grpc-status");
  if (text.empty()) text = exchange.response().headers.get("grpc-status");
  const auto status = parse_u64(text);
  return status && *status < 1000 ? static_cast<std::uint16_t>(*status) : grpc_unknown;
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
