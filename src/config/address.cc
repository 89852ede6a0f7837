// SPDX-License-Identifier: MIT
#include "config/address.h"

#include "core/ip.h"
#include "core/number.h"
#include "core/text.h"

namespace pm::config {
namespace {

bool is_host_name(std::string_view host) {
  if (host.empty() || host.size() > 253 || host.front() == '-') return false;
  for (const char c : host) {
    if (!text::is_alpha(c) && !text::is_digit(c) && c != '-' && c != '.' && c != '_') return false;
  }
  return true;
}

// The host as it is looked up, or nothing when it cannot be one.
std::optional<std::string> host_of(std::string_view host) {
  if (host.empty()) return std::string();
  if (host.front() != '[') {
    // Digits and dots alone are meant as an IPv4 address: "300.1.1.1" is no name.
    const bool is_numeric = host.find_first_not_of("0123456789.") == std::string_view::npos;
    if (is_numeric ? !Address::parse(host) : !is_host_name(host)) return std::nullopt;
    return std::string(host);
  }
  if (host.back() != ']') return std::nullopt;
  const std::string_view inner = host.substr(1, host.size() - 2);
  if (inner.find(':') == std::string_view::npos || !Address::parse(inner)) return std::nullopt;
  return std::string(inner);
}

}  // namespace

std::optional<ListenAddress> parse_listen_address(std::string_view text) {
  ListenAddress address;
  if (const std::size_t slash = text.find('/'); slash != std::string_view::npos) {
    const std::string_view suffix = text.substr(slash + 1);
    address.is_udp = text::equals_ignore_case(suffix, "udp");
    if (!address.is_udp && !text::equals_ignore_case(suffix, "tcp")) return std::nullopt;
    text = text.substr(0, slash);
  }
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon + 6 < text.size()) return std::nullopt;
  const std::optional<std::uint64_t> port = parse_u64(text.substr(colon + 1));
  if (!port || *port > 65535) return std::nullopt;
  std::optional<std::string> host = host_of(text.substr(0, colon));
  if (!host) return std::nullopt;
  address.host = std::move(*host);
  address.port = static_cast<std::uint16_t>(*port);
  return address;
}

}  // namespace pm::config
