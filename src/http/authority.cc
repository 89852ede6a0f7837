// SPDX-License-Identifier: MIT
#include "http/authority.h"

#include "core/ip.h"
#include "core/slice.h"
#include "core/text.h"

#include <array>

namespace pm::http {
namespace {

enum class HostByte : std::uint8_t { forbidden, plain, upper, percent, colon };

constexpr std::array<HostByte, 256> make_host_bytes() {
  std::array<HostByte, 256> table{};
  for (unsigned c = 'a'; c <= 'z'; ++c)
    table[c] = HostByte::plain;
  for (unsigned c = 'A'; c <= 'Z'; ++c)
    table[c] = HostByte::upper;
  for (unsigned c = '0'; c <= '9'; ++c)
    table[c] = HostByte::plain;
  // unreserved and sub-delims, but for the comma: it would be two hosts to who reads Host as a list
  for (const char c : std::string_view("-._~!$&'()*+;=")) {
    table[static_cast<unsigned char>(c)] = HostByte::plain;
  }
  table['%'] = HostByte::percent;
  table[':'] = HostByte::colon;
  return table;
}
constexpr std::array<HostByte, 256> host_bytes = make_host_bytes();

// "" (nothing), ":" or ":80", up to 65535.
bool is_port_suffix(std::string_view text) noexcept {
  if (text.empty()) return true;
  if (text[0] != ':' || text.size() > 6) return false;
  unsigned value = 0;
  for (const char c : text::behind(text, 1)) {
    if (!text::is_digit(c)) return false;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value <= 65535;
}

std::string_view to_lower(std::string_view text, Arena& arena) {
  char* const out = static_cast<char*>(arena.allocate(text.size(), 1));
  for (std::size_t i = 0; i < text.size(); ++i)
    out[i] = text::lower(text[i]);
  return {out, text.size()};
}

bool has_upper(std::string_view text) noexcept {
  for (const char c : text) {
    if (c >= 'A' && c <= 'Z') return true;
  }
  return false;
}

bool bracketed_host(std::string_view authority, Arena& arena, std::string_view& host) noexcept {
  const std::size_t end = authority.find(']');
  if (end == std::string_view::npos || !is_port_suffix(authority.substr(end + 1))) return false;
  const std::string_view inside = authority.substr(1, end - 1);
  // A zone names an interface of somebody else's machine, and an IPv4 address takes no brackets.
  if (inside.find(':') == std::string_view::npos) return false;
  if (inside.find('%') != std::string_view::npos || !Address::parse(inside)) return false;
  host = has_upper(inside) ? to_lower(inside, arena) : inside;
  return true;
}

}  // namespace

bool canonical_host(std::string_view authority, Arena& arena, std::string_view& host) noexcept {
  if (authority.starts_with('[')) return bracketed_host(authority, arena, host);
  bool upper = false;
  std::size_t at = 0;
  for (; at < authority.size(); ++at) {
    const HostByte byte = host_bytes[static_cast<unsigned char>(authority[at])];
    if (byte == HostByte::plain) [[likely]]
      continue;
    if (byte == HostByte::forbidden) return false;
    if (byte == HostByte::colon) break;
    if (byte == HostByte::upper) {
      upper = true;
      continue;
    }
    if (authority.size() - at < 3 || text::hex_value(authority[at + 1]) < 0 ||
        text::hex_value(authority[at + 2]) < 0) {
      return false;
    }
  }
  if (!is_port_suffix(text::behind(authority, at))) return false;
  if (at == 0 && !authority.empty()) return false;  // ":80"
  host = text::first(authority, at);
  if (upper) host = to_lower(host, arena);
  return true;
}

std::string_view port_of(std::string_view authority) noexcept {
  const std::size_t colon = authority.rfind(':');
  if (colon == std::string_view::npos) return {};
  if (authority.find(']', colon) != std::string_view::npos) return {};  // "[::1]"
  return authority.substr(colon + 1);
}

}  // namespace pm::http
