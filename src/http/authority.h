// SPDX-License-Identifier: MIT
// authority.h -- host[:port] as requests carry it: judged, split, brought to one spelling.
//
//   in      a Host value, or the authority of an absolute-form target: "Example.com:8080", "[::1]:80", ""
//   out     canonical host: lower case, without port and brackets; a trailing dot stays (only Host() looks past it)
//   cost    one table look-up a byte; a copy into the arena only where a letter must be made lower case
//   errors  false: user information, a port that is none, brackets around anything but an IPv6 address, blanks, commas,
//           bytes that RFC 3986 does not know in a host
//   source  RFC 3986 section 3.2.2, RFC 9110 section 7.2; http-routing.md section 3, security.md section 2
#pragma once

#include "core/arena.h"

#include <string_view>

namespace pm::http {

// The empty authority is good and gives the empty host: HTTP/1.0 has none, and no Host() rule matches it.
bool canonical_host(std::string_view authority, Arena& arena, std::string_view& host) noexcept;

// The digits behind the last ":" of a good authority; "" when there are none.
std::string_view port_of(std::string_view authority) noexcept;

// Is `host` (canonical) the name `name` (lower case, no trailing dot)? One trailing dot of `host` is ignored.
inline bool is_same_host(std::string_view host, std::string_view name) noexcept {
  if (host.ends_with('.')) host.remove_suffix(1);
  return host == name && !name.empty();
}

}  // namespace pm::http
