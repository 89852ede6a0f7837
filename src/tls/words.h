// SPDX-License-Identifier: MIT
// words.h -- the names of versions, suites and groups that a configuration may use, and what the library calls them.
//
//   in      Traefik's names, which are Go's ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "CurveP256"), and for suites
//           OpenSSL's as well ("ECDHE-RSA-AES128-GCM-SHA256")
//   out     what SSL_CTX_set_cipher_list() and SSL_CTX_set1_groups_list() take; "" for a name that nobody knows
//   source  tls-acme.md section 4
#pragma once

#include <string_view>
#include <vector>

namespace pm::tls {

int version_of(std::string_view name) noexcept;  // "VersionTLS12" -> TLS1_2_VERSION; 0: unknown

struct Suite {
  std::string_view name;  // Go's
  std::string_view
      library;  // OpenSSL's; "" where it is fixed by the version (TLS 1.3) or no suite at all
  bool is_modern = false;  // ephemeral keys and authenticated encryption
};
const Suite* find_suite(std::string_view name) noexcept;
std::vector<std::string_view> suite_names();
bool library_has(const Suite& suite);  // some are no longer compiled in
// The built-in list for TLS 1.2: ephemeral keys, authenticated encryption (security.md section 6).
extern const std::string_view default_suites;

std::string_view find_group(std::string_view name) noexcept;
std::vector<std::string_view> group_names();
bool library_has_group(std::string_view library_name);
// The best groups that this library has, in our order.
std::string_view default_groups();

// What Go calls the suite of a connection: the IANA name.
std::string_view version_text(int version) noexcept;  // "1.3"

}  // namespace pm::tls
