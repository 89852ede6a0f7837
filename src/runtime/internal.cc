// SPDX-License-Identifier: MIT
#include "runtime/internal.h"

#include "core/text.h"
#include "http/reply.h"

#include <fmt/format.h>

#include <string>

namespace pm::runtime {
namespace {

// The authority without its port; the brackets of an IPv6 address stay.
std::string_view host_of(std::string_view authority) noexcept {
  const std::size_t colon = authority.rfind(':');
  if (colon == std::string_view::npos || authority.find(']', colon) != std::string_view::npos)
    return authority;
  return authority.substr(0, colon);
}

// Start line and fields as they came. HTTP/2 has no such text: it is made of what was read.
std::string head_text(const http::Request& request) {
  if (request.version != http::Version::http2) return text::replace_all(request.head, "\r\n", "\n");
  std::string out =
      fmt::format("{} {} HTTP/2.0\nhost: {}\n", request.method, request.target, request.authority);
  for (const http::Field& field : request.headers) {
    if (!field.dropped && field.id != http::FieldId::host)
      out.append(field.name).append(": ").append(field.value).append("\n");
  }
  return out.append("\n");
}

}  // namespace

void answer_noop(http::Exchange& exchange) noexcept {
  http::reply(exchange, 418, {}, http::BodyType::none);
}

void answer_ping(http::Exchange& exchange, std::uint16_t terminating) noexcept {
  if (terminating == 0) return http::reply(exchange, 200, "OK", http::BodyType::plain);
  http::reply(exchange, terminating, http::reason_phrase(terminating), http::BodyType::plain);
}

void answer_whoami(http::Exchange& exchange, std::string_view entry_point) noexcept {
  const http::Request& request = exchange.request();
  std::string text =
      fmt::format("EntryPoint: {}\nClient: {}\n\n", entry_point, request.client.to_string());
  text.append(head_text(request));
  http::reply(exchange, 200, exchange.arena().copy(text), http::BodyType::plain);
}

void answer_redirect(http::Exchange& exchange, const routing::Redirect& redirect) noexcept {
  const http::Request& request = exchange.request();
  const std::string location =
      fmt::format("{}://{}{}{}{}{}{}", redirect.scheme, host_of(request.authority),
                  redirect.port.empty() ? "" : ":", redirect.port, request.path,
                  request.has_query ? "?" : "", request.query);
  http::redirect(exchange, http::redirect_status(request.method, redirect.permanent),
                 exchange.arena().copy(location));
}

}  // namespace pm::runtime
