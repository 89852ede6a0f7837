// SPDX-License-Identifier: MIT
// address.h -- the address of an entry point: "[host]:port[/tcp|/udp]".
//
//   in      ":80", "127.0.0.1:80", "[::1]:443", "localhost:80", ":53/udp"; the suffix in any case
//   out     host without brackets ("" is every address, IPv4 and IPv6), port 0 to 65535
//   source  static-config.md section 4
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pm::config {

struct ListenAddress {
  std::string host;
  std::uint16_t port = 0;
  bool is_udp = false;
};

std::optional<ListenAddress> parse_listen_address(std::string_view text);

}  // namespace pm::config
