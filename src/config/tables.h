// SPDX-License-Identifier: MIT
// tables.h -- the option tables that more than one file of this room needs, and the checks they share.
//
//   own     constants; initialised before any code runs
//   source  static-config.md sections 4 to 7
#pragma once

#include "config/option.h"

#include <string_view>

namespace pm::config {

extern const Section entry_point_keys;        // EntryPoint
extern const Section log_keys;                // LogOptions
extern const Section access_log_keys;         // AccessLog
extern const Section servers_transport_keys;  // ServersTransport
extern const Section tls_keys;                // Dynamic
extern const Section router_tls_keys;         // RouterTls
extern const Section pair_keys;               // CertificatePair, without stores

inline constexpr std::string_view trace_words[] = {"minimal", "detailed"};
inline constexpr std::string_view syntax_words[] = {"v3", "v2"};
inline constexpr std::string_view version_words[] = {"VersionTLS10", "VersionTLS11", "VersionTLS12",
                                                     "VersionTLS13"};

// Checks for Option::check: "" when the text is fine, else what to write instead.
std::string_view check_cidr(std::string_view text);            // an address or a network
std::string_view check_listen_address(std::string_view text);  // parse_listen_address() takes it
std::string_view check_status_range(std::string_view text);    // "200", "300-302"
std::string_view check_size(std::string_view text);            // "512MiB"
std::string_view check_workers(std::string_view text);         // "auto" or 1 to 1024
std::string_view check_affinity(std::string_view text);        // "auto" or masks of 0 and 1
std::string_view check_upgrade(std::string_view text);         // a token
std::string_view check_host(std::string_view text);            // a name or an address, no port
std::string_view check_method(std::string_view text);          // a token
std::string_view check_base_path(std::string_view text);       // begins with "/"
std::string_view check_user(std::string_view text);            // "NAME" or "NAME GROUP"

}  // namespace pm::config
