// SPDX-License-Identifier: MIT
// tls.h -- which TLS options a connection gets: bound to host names before a request can be read.
//
//   in      the living HTTPS routers of an entry point with the options that each asks for, and the hosts of those whose
//           options cannot be had
//   out     a TlsHosts for each entry point: names to options; names whose connections are closed; who lost his own
//   source  tls-acme.md section 4
#pragma once

#include "config/findings.h"

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pm::routing {

inline constexpr std::string_view default_tls_options = "default";

struct TlsHosts {
  bool has_routers = false;  // some router takes HTTPS here
  std::map<std::string, std::string, std::less<>>
      options;  // host, or "*.example.com" -> qualified name of its options
  std::set<std::string, std::less<>> closed;  // connections that ask for one of these end at once

  // What a client that asks for `name` (lower case, "" for none) gets; null: its connection is closed. The longest text
  // that fits wins, "*" stands for one label.
  const std::string* find(std::string_view name) const noexcept;
};

// One HTTPS router on one entry point.
struct TlsUse {
  std::uint32_t router = 0;  // of the caller
  std::uint32_t entry_point = 0;
  std::string options;  // qualified
  std::span<const std::string> hosts;
  bool is_conflicted =
      false;  // out: gets the default instead of what it asks for, or stands beside one that does
};

// Binds hosts of one entry point. Uses that share a host and ask for different options all fall back to the default, and
// so on for those that share another host with them.
void settle_conflicts(std::vector<TlsUse>& uses);

}  // namespace pm::routing
