// SPDX-License-Identifier: MIT
#include "tls/pair.h"

#include "core/ip.h"
#include "core/text.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>

namespace pm::tls {
namespace {

constexpr int weakest_rsa = 2048;
constexpr int weakest_curve = 224;

BioPtr reader_of(std::string_view text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// A password is never asked for: that it is wanted is what is wrong.
int no_password(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

Error bad(std::string what) {
  ERR_clear_error();
  return Error{Errc::bad_value, "", std::move(what)};
}

Result<KeyPtr> decode_key(std::string_view text) {
  const BioPtr bio = reader_of(text);
  bool asked = false;
  KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, &asked));
  if (key != nullptr) return key;
  if (asked) return bad("the key is encrypted");
  return bad("there is no private key in PEM form");
}

std::int64_t seconds_of(const ASN1_TIME* time) {
  tm broken{};
  if (ASN1_TIME_to_tm(time, &broken) != 1) return 0;
  return static_cast<std::int64_t>(::timegm(&broken));
}

std::string text_of(const ASN1_STRING* string) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
          static_cast<std::size_t>(ASN1_STRING_length(string))};
}

void add_name(std::vector<std::string>& names, std::string name) {
  if (name.ends_with('.')) name.pop_back();
  if (name.empty() || name.find('\0') != std::string::npos) return;
  names.push_back(text::to_lower(name));
}

void add_address(std::vector<std::string>& names, const std::string& bytes) {
  const auto* b = reinterpret_cast<const std::uint8_t*>(bytes.data());
  if (bytes.size() == 4) {
    const std::uint32_t value =
        std::uint32_t{b[0]} << 24 | std::uint32_t{b[1]} << 16 | std::uint32_t{b[2]} << 8 | b[3];
    names.push_back(Address::v4(value).to_string());
  } else if (bytes.size() == 16) {
    std::uint8_t copy[16];
    std::copy_n(b, 16, copy);
    names.push_back(Address::v6(copy).to_string());
  }
}

std::string common_name_of(X509* certificate) {
  X509_NAME* subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  return at < 0 ? "" : text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
}

// The common name as well, for those who have no other.
void find_names(X509* certificate, PairFacts& facts) {
  std::vector<std::string>& names = facts.names;
  facts.common_name = common_name_of(certificate);
  add_name(names, facts.common_name);
  auto* alternatives = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(alternatives); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(alternatives, i);
    if (name->type == GEN_DNS) {
      facts.dns_names.push_back(text_of(name->d.dNSName));
      add_name(names, facts.dns_names.back());
    }
    if (name->type == GEN_IPADD) add_address(names, text_of(name->d.iPAddress));
  }
  GENERAL_NAMES_free(alternatives);
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  std::sort(facts.dns_names.begin(), facts.dns_names.end());
}

std::string weakness_of(X509* certificate, EVP_PKEY* key) {
  const int bits = EVP_PKEY_get_bits(key);
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA && bits < weakest_rsa)
    return fmt::format("its RSA key has {} bits, fewer than {}", bits, weakest_rsa);
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_EC && bits < weakest_curve)
    return fmt::format("its curve has {} bits, fewer than {}", bits, weakest_curve);
  int digest = 0;
  X509_get_signature_info(certificate, &digest, nullptr, nullptr, nullptr);
  const bool self_signed = X509_self_signed(certificate, 0) == 1;
  if (!self_signed && (digest == NID_sha1 || digest == NID_md5))
    return fmt::format("it is signed with {}", digest == NID_sha1 ? "SHA-1" : "MD5");
  return {};
}

}  // namespace

std::vector<CertificatePtr> decode_certificates(std::string_view pem) {
  std::vector<CertificatePtr> all;
  const BioPtr bio = reader_of(pem);
  while (X509* one = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr))
    all.emplace_back(one);
  ERR_clear_error();
  return all;
}

Result<Pair> decode_pair(std::string_view certificates, std::string_view key) {
  std::vector<CertificatePtr> all = decode_certificates(certificates);
  if (all.empty()) return bad("there is no certificate in PEM form");
  Pair pair;
  PM_TRY(pair.key, decode_key(key));
  pair.certificate = std::move(all[0]);
  if (X509_check_private_key(pair.certificate.get(), pair.key.get()) != 1)
    return bad("the key does not belong to the certificate");
  pair.chain.reset(sk_X509_new_null());
  for (std::size_t i = 1; i < all.size(); ++i)
    sk_X509_push(pair.chain.get(), all[i].release());
  ERR_clear_error();
  return pair;
}

bool use_pair(SSL* ssl, const Pair& pair) noexcept {
  const bool used =
      SSL_use_cert_and_key(ssl, pair.certificate.get(), pair.key.get(), pair.chain.get(), 1) == 1;
  ERR_clear_error();
  return used;
}

PairFacts inspect(const Pair& pair) {
  PairFacts facts;
  X509* certificate = pair.certificate.get();
  find_names(certificate, facts);
  facts.serial = serial_of(certificate);
  switch (EVP_PKEY_get_base_id(pair.key.get())) {
    case EVP_PKEY_RSA: facts.key_kind = "rsa"; break;
    case EVP_PKEY_EC: facts.key_kind = "ecdsa"; break;
    default: facts.key_kind = "other"; break;
  }
  facts.weakness = weakness_of(certificate, pair.key.get());
  facts.not_before = seconds_of(X509_get0_notBefore(certificate));
  facts.not_after = seconds_of(X509_get0_notAfter(certificate));
  ERR_clear_error();
  return facts;
}

std::string selection_key(const std::vector<std::string>& names) {
  return text::join(names, ",");
}

std::string serial_of(const X509* certificate) {
  BIGNUM* number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr);
  if (number == nullptr) return {};
  char* digits = BN_bn2dec(number);
  std::string text = digits == nullptr ? "" : digits;
  OPENSSL_free(digits);
  BN_free(number);
  return text;
}

std::string pem_of(X509* certificate) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(bio.get(), certificate);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string pem_of(EVP_PKEY* key) {
  const BioPtr bio(BIO_new(BIO_s_secmem()));
  PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string subject_of(X509* certificate) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(bio.get(), X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

}  // namespace pm::tls
