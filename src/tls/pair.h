// SPDX-License-Identifier: MIT
// pair.h -- a certificate chain and its key: PEM text decoded, and judged.
//
//   in      PEM as it stands in files: the certificate first, then its chain; the key in any form but an encrypted one
//   out     decode_pair(): objects that the library serves with. inspect(): what a configuration must know of it (names,
//           kind of key, days) and what an operator should be told
//   own     a Pair owns its objects; Facts are values
//   errors  one sentence for the operator; keys are never part of it
//   cost    0.3 ms a key, 0.1 ms a certificate: at first use, never in a loop over all
//   source  tls-acme.md section 1; RFC 6125 for names
#pragma once

#include "core/result.h"
#include "tls/library.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pm::tls {

struct Pair {
  CertificatePtr certificate;
  ChainPtr chain;
  KeyPtr key;
};
Result<Pair> decode_pair(std::string_view certificates, std::string_view key);

bool use_pair(SSL* ssl, const Pair& pair) noexcept;  // beside those of other kinds of key

struct PairFacts {
  std::vector<std::string>
      names;                // common name, DNS names, addresses: lower case, sorted, each once
  std::string common_name;  // as it stands there
  std::string serial;       // decimal
  std::vector<std::string> dns_names;  // as they stand there, sorted
  std::string key_kind;                // "rsa", "ecdsa", "other"
  std::string weakness;                // "" when there is none
  std::int64_t not_before = 0;         // Unix seconds
  std::int64_t not_after = 0;
};
PairFacts inspect(const Pair& pair);

// The names a certificate is found by, joined with commas: what tells two of them apart (tls-acme.md section 1).
std::string selection_key(const std::vector<std::string>& names);

// Every certificate of a PEM text; empty when there is none.
std::vector<CertificatePtr> decode_certificates(std::string_view pem);

std::string serial_of(const X509* certificate);  // decimal
std::string pem_of(X509* certificate);
std::string pem_of(EVP_PKEY* key);
std::string subject_of(X509* certificate);  // RFC 2253

}  // namespace pm::tls
