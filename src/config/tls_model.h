// SPDX-License-Identifier: MIT
// tls_model.h -- the tls section of the dynamic part, and what routers, entry points and transports say of TLS.
//
//   shape   a file or a content stands as it was written; what the loader has read of it and found in it stands beside,
//           carried to workers and never printed. Empty contents: it could not be read, and a finding has said so
//   own     values; secrets among them: without_keys() takes those out for a process that serves nothing
//   source  tls-acme.md sections 1 to 4, http-services.md section 6
#pragma once

#include "config/mark.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace pm::config {

struct CertificatePair {
  At<std::string> cert_file;
  At<std::string> key_file;
  std::vector<std::string> stores;
  // Carried.
  std::string certificates;  // PEM, the chain behind the certificate
  std::string key;
  std::vector<std::string> names;  // lower case, sorted
  std::string key_kind;            // "rsa", "ecdsa", "other"
  std::int64_t not_after = 0;      // Unix seconds
  std::string common_name;         // for metrics, as it stands in the certificate
  std::string serial;              // decimal
  std::vector<std::string> dns_names;

  bool is_usable() const noexcept { return !certificates.empty(); }
};

struct TlsStore {
  std::string name;
  std::string provider;
  Mark mark;
  std::optional<CertificatePair> default_certificate;
};

struct ClientAuthentication {
  std::vector<At<std::string>> ca_files;
  At<std::string> type;
  std::vector<std::string> authorities;  // carried: PEM, beside ca_files
};

struct TlsOptions {
  std::string name;
  std::string provider;
  Mark mark;
  At<std::string> min_version;
  At<std::string> max_version;
  std::vector<At<std::string>> cipher_suites;
  std::vector<At<std::string>> curve_preferences;
  ClientAuthentication client_auth;
  bool sni_strict = false;
  std::vector<std::string> alpn_protocols{"h2", "http/1.1", "acme-tls/1"};
  bool disable_session_tickets = false;
};

struct RouterTls {
  At<std::string> options;
  At<std::string> cert_resolver;
};

struct PeerSan {
  At<std::string> type;
  At<std::string> value;
};

}  // namespace pm::config
