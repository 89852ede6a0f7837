// SPDX-License-Identifier: MIT
#include "tls/client_certificates.h"

#include "core/base64.h"
#include "core/ip.h"
#include "tls/pair.h"

#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>

namespace pm::tls {
namespace {

using Part = CertificateName::Part;

bool is_printable(std::string_view text) noexcept {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

std::string text_of(const ASN1_STRING* string) {
  unsigned char* bytes = nullptr;
  const int size = ASN1_STRING_to_UTF8(&bytes, string);
  if (size < 0) return {};
  std::string text(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  return is_printable(text) ? text : std::string();
}

CertificateName name_of(const X509_NAME* name) {
  constexpr std::pair<int, Part> known[] = {{NID_domainComponent, Part::domain_component},
                                            {NID_countryName, Part::country},
                                            {NID_stateOrProvinceName, Part::province},
                                            {NID_localityName, Part::locality},
                                            {NID_organizationName, Part::organization},
                                            {NID_organizationalUnitName, Part::organizational_unit},
                                            {NID_serialNumber, Part::serial_number},
                                            {NID_commonName, Part::common_name}};
  CertificateName out;
  for (int i = 0; i < X509_NAME_entry_count(name); ++i) {
    const X509_NAME_ENTRY* entry = X509_NAME_get_entry(name, i);
    const int kind = OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry));
    for (const auto& [nid, part] : known) {
      if (nid == kind) out.values.emplace_back(part, text_of(X509_NAME_ENTRY_get_data(entry)));
    }
  }
  return out;
}

std::int64_t seconds_of(const ASN1_TIME* time) {
  std::tm parts{};
  return ASN1_TIME_to_tm(time, &parts) == 1 ? static_cast<std::int64_t>(::timegm(&parts)) : 0;
}

std::string address_text(const ASN1_OCTET_STRING* bytes) {
  const unsigned char* data = ASN1_STRING_get0_data(bytes);
  if (ASN1_STRING_length(bytes) == 4) {
    return Address::v4(static_cast<std::uint32_t>(data[0]) << 24U |
                       static_cast<std::uint32_t>(data[1]) << 16U |
                       static_cast<std::uint32_t>(data[2]) << 8U | data[3])
        .to_string();
  }
  if (ASN1_STRING_length(bytes) != 16) return {};
  std::uint8_t all[16];
  std::copy(data, data + 16, all);
  return Address::v6(all).to_string();
}

// DNS names, e-mail addresses, IP addresses, URIs: in that order.
std::vector<std::string> sans_of(const X509* certificate) {
  std::vector<std::string> out;
  auto* names = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  if (names == nullptr) return out;
  for (const int wanted : {GEN_DNS, GEN_EMAIL, GEN_IPADD, GEN_URI}) {
    for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
      const GENERAL_NAME* name = sk_GENERAL_NAME_value(names, i);
      if (name->type != wanted) continue;
      std::string text =
          wanted == GEN_IPADD ? address_text(name->d.iPAddress) : text_of(name->d.ia5);
      if (!text.empty()) out.push_back(std::move(text));
    }
  }
  GENERAL_NAMES_free(names);
  return out;
}

ClientCertificate facts_of(X509* certificate) {
  ClientCertificate facts;
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate, &der);
  if (size > 0)
    facts.der = base64_encode({reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)});
  OPENSSL_free(der);
  facts.subject = name_of(X509_get_subject_name(certificate));
  facts.issuer = name_of(X509_get_issuer_name(certificate));
  facts.serial_number = serial_of(certificate);
  facts.not_before = seconds_of(X509_get0_notBefore(certificate));
  facts.not_after = seconds_of(X509_get0_notAfter(certificate));
  facts.sans = sans_of(certificate);
  return facts;
}

}  // namespace

std::vector<ClientCertificate> client_certificates(const SSL* ssl) {
  std::vector<ClientCertificate> out;
  X509* const leaf = SSL_get0_peer_certificate(ssl);
  if (leaf == nullptr) return out;
  out.push_back(facts_of(leaf));
  const STACK_OF(X509)* others = SSL_get_peer_cert_chain(ssl);
  for (int i = 0; others != nullptr && i < sk_X509_num(others); ++i) {
    X509* const other = sk_X509_value(others, i);
    if (X509_cmp(leaf, other) != 0) out.push_back(facts_of(other));
  }
  return out;
}

}  // namespace pm::tls
