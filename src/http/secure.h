// SPDX-License-Identifier: MIT
// secure.h -- what is known of the TLS connection that a request came over.
//
//   own     values; the connection owns it, its requests borrow it
//   source  observability.md section 3.3 (TLS fields); tls-acme.md section 4 (options, 421)
#pragma once

#include "core/certificate.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pm::http {

using pm::CertificateName;
using pm::ClientCertificate;

// Of a client that has shown a certificate.
struct ClientIdentity {
  std::string subject;                          // RFC 2253
  std::vector<ClientCertificate> certificates;  // as presented, leaf first
};

struct SecureFacts {
  std::string_view
      server_name;  // what the client asked for, lower case; "" without one; its TLS session's
  std::string_view version;                // "1.3"
  std::string_view cipher;                 // "TLS_AES_128_GCM_SHA256"
  std::unique_ptr<ClientIdentity> client;  // null: without a certificate
  std::uint64_t options = 0;               // identity of the tls.options in force
  bool resumed = false;
};

}  // namespace pm::http
