// SPDX-License-Identifier: MIT
// certificate.h -- what stands in a certificate, as values that need no library.
//
//   shape   times are Unix seconds; the number is decimal
//   source  middlewares-1.md section 4.8
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace pm {

struct CertificateName {
  enum class Part : std::uint8_t {
    domain_component,
    country,
    province,
    locality,
    organization,
    organizational_unit,
    serial_number,
    common_name,
  };
  std::vector<std::pair<Part, std::string>>
      values;  // as encoded; those of other kinds are left out
};

struct ClientCertificate {
  std::string der;  // base64
  CertificateName subject;
  CertificateName issuer;
  std::string serial_number;    // decimal
  std::int64_t not_before = 0;  // Unix seconds
  std::int64_t not_after = 0;
  std::vector<std::string> sans;  // DNS names, e-mail addresses, IP addresses, URIs
};

}  // namespace pm
