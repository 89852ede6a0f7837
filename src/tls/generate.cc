// SPDX-License-Identifier: MIT
#include "tls/generate.h"

#include "core/ip.h"
#include "core/random.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

namespace pm::tls {
namespace {

constexpr long a_day = 86400;
constexpr long life_days = 397;

Error failed(const char* what) {
  return Error{Errc::io, "", std::string(what) + ": " + take_error()};
}

bool add_extension(X509* certificate, int id, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str());
  if (extension == nullptr) return false;
  const bool added = X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return added;
}

// Built object by object: a name with a comma or an equals sign in it must not become another one.
bool add_names(X509* certificate, const std::vector<std::string>& names) {
  GENERAL_NAMES* list = sk_GENERAL_NAME_new_null();
  for (const std::string& name : names) {
    GENERAL_NAME* entry = GENERAL_NAME_new();
    const auto address = Address::parse(name);
    ASN1_STRING* text = ASN1_STRING_type_new(address ? V_ASN1_OCTET_STRING : V_ASN1_IA5STRING);
    if (address) {
      const auto& bytes = address->bytes();
      const bool v4 = address->is_v4();
      ASN1_STRING_set(text, bytes.data() + (v4 ? 12 : 0), v4 ? 4 : 16);
    } else {
      ASN1_STRING_set(text, name.data(), static_cast<int>(name.size()));
    }
    GENERAL_NAME_set0_value(entry, address ? GEN_IPADD : GEN_DNS, text);
    sk_GENERAL_NAME_push(list, entry);
  }
  const bool added =
      X509_add1_ext_i2d(certificate, NID_subject_alt_name, list, 0, X509V3_ADD_DEFAULT) == 1;
  GENERAL_NAMES_free(list);
  return added;
}

void set_serial(X509* certificate) {
  unsigned char bytes[16];
  fill_secret(bytes, sizeof bytes);
  bytes[0] = static_cast<unsigned char>((bytes[0] & 0x7f) | 0x40);
  BIGNUM* number = BN_bin2bn(bytes, sizeof bytes, nullptr);
  BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
  BN_free(number);
}

// A key, and a certificate that lacks its issuer, extensions and signature.
Result<Pair> begin(const std::string& common_name) {
  Pair pair;
  pair.key.reset(EVP_EC_gen("P-256"));
  if (pair.key == nullptr) return failed("no key can be made");
  pair.certificate.reset(X509_new());
  pair.chain.reset(sk_X509_new_null());
  X509* certificate = pair.certificate.get();
  X509_set_version(certificate, X509_VERSION_3);
  set_serial(certificate);
  // A clock that runs a little behind ours shall not refuse it.
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), life_days * a_day);
  X509_NAME_add_entry_by_NID(X509_get_subject_name(certificate), NID_commonName, MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(common_name.data()),
                             static_cast<int>(common_name.size()), -1, 0);
  X509_set_pubkey(certificate, pair.key.get());
  return pair;
}

}  // namespace

Result<Pair> generate_authority(const std::string& common_name) {
  PM_TRY(Pair pair, begin(common_name));
  X509* certificate = pair.certificate.get();
  X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
  const bool extended =
      add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
      add_extension(certificate, NID_key_usage, "critical,keyCertSign,cRLSign") &&
      add_extension(certificate, NID_subject_key_identifier, "hash");
  if (!extended || X509_sign(certificate, pair.key.get(), EVP_sha256()) == 0)
    return failed("no certificate can be made");
  return pair;
}

Result<Pair> generate_pair(const std::string& common_name, const std::vector<std::string>& names,
                           const Pair* authority) {
  PM_TRY(Pair pair, begin(common_name));
  X509* certificate = pair.certificate.get();
  const Pair& issuer = authority != nullptr ? *authority : pair;
  X509_set_issuer_name(certificate, X509_get_subject_name(issuer.certificate.get()));
  const bool extended = add_names(certificate, names) &&
                        add_extension(certificate, NID_basic_constraints, "critical,CA:FALSE") &&
                        add_extension(certificate, NID_key_usage, "critical,digitalSignature") &&
                        add_extension(certificate, NID_ext_key_usage, "serverAuth,clientAuth");
  if (!extended || X509_sign(certificate, issuer.key.get(), EVP_sha256()) == 0)
    return failed("no certificate can be made");
  ERR_clear_error();
  return pair;
}

}  // namespace pm::tls
