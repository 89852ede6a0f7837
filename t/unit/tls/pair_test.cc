// SPDX-License-Identifier: MIT
#include "tls/pair.h"

#include "tls/generate.h"
#include "tls/words.h"

#include <CppUTest/TestHarness.h>
#include <openssl/pem.h>

using namespace pm;

namespace {

std::string encrypted(EVP_PKEY* key) {
  const tls::BioPtr bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey(bio.get(), key, EVP_aes_128_cbc(), nullptr, 0, nullptr,
                           const_cast<char*>("word"));
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

}  // namespace

TEST_GROUP(tls_pair) {
  tls::Pair made =
      std::move(tls::generate_pair("H.test", {"h.test", "*.w.test", "10.0.0.1", "::1"})).value();
  std::string certificate = tls::pem_of(made.certificate.get());
  std::string key = tls::pem_of(made.key.get());

  std::string refusal(const std::string& certificates, const std::string& with_key) {
    const auto pair = tls::decode_pair(certificates, with_key);
    return pair ? "" : pair.error().what;
  }
};

TEST(tls_pair, names_are_lower_case_sorted_and_there_once) {
  const tls::PairFacts facts = tls::inspect(made);

  CHECK_EQUAL(std::string("*.w.test,10.0.0.1,::1,h.test"), tls::selection_key(facts.names));
  CHECK_EQUAL(std::string("ecdsa"), facts.key_kind);
  CHECK_EQUAL(std::string(""), facts.weakness);
  CHECK_TRUE(facts.not_after - facts.not_before > 396 * 86400);
}

TEST(tls_pair, a_chain_stands_behind_its_certificate) {
  const auto authority = std::move(tls::generate_authority("ca")).value();
  const auto leaf = std::move(tls::generate_pair("leaf", {"leaf"}, &authority)).value();
  const auto pair = tls::decode_pair(
      tls::pem_of(leaf.certificate.get()) + tls::pem_of(authority.certificate.get()),
      tls::pem_of(leaf.key.get()));

  CHECK_TRUE(pair.has_value());
  CHECK_EQUAL(1, sk_X509_num(pair->chain.get()));
  CHECK_EQUAL(std::string("CN=leaf"), tls::subject_of(pair->certificate.get()));
}

TEST(tls_pair, what_is_wrong_is_said) {
  const auto other = std::move(tls::generate_pair("other", {"other"})).value();

  CHECK_EQUAL(std::string(""), refusal(certificate, key));
  CHECK_EQUAL(std::string("there is no certificate in PEM form"), refusal("x", key));
  CHECK_EQUAL(std::string("there is no private key in PEM form"), refusal(certificate, "x"));
  CHECK_EQUAL(std::string("the key is encrypted"), refusal(certificate, encrypted(made.key.get())));
  CHECK_EQUAL(std::string("the key does not belong to the certificate"),
              refusal(certificate, tls::pem_of(other.key.get())));
}

TEST(tls_pair, a_common_name_is_a_name_and_a_comma_in_it_is_no_second_one) {
  const auto odd = std::move(tls::generate_pair("a, CN=b", {"x,DNS:y"})).value();
  const tls::PairFacts facts = tls::inspect(odd);

  CHECK_EQUAL(2u, facts.names.size());
  CHECK_EQUAL(std::string("a, cn=b"), facts.names[0]);
  CHECK_EQUAL(std::string("x,dns:y"), facts.names[1]);
}

TEST_GROUP(tls_words){};

TEST(tls_words, both_spellings_of_a_suite_are_known) {
  const tls::Suite* suite = tls::find_suite("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
  POINTERS_EQUAL(suite, tls::find_suite("ECDHE-RSA-AES128-GCM-SHA256"));
  CHECK_TRUE(suite->is_modern);
  CHECK_TRUE(tls::library_has(*suite));
  CHECK_FALSE(tls::find_suite("TLS_RSA_WITH_AES_128_CBC_SHA")->is_modern);
  CHECK_FALSE(tls::library_has(*tls::find_suite("TLS_RSA_WITH_RC4_128_SHA")));
  POINTERS_EQUAL(nullptr, tls::find_suite("tls_rsa"));
  POINTERS_EQUAL(nullptr, tls::find_suite(""));
}

TEST(tls_words, every_name_of_a_list_can_be_found) {
  for (const std::string_view name : tls::suite_names())
    CHECK_TRUE(tls::find_suite(name) != nullptr);
  for (const std::string_view name : tls::group_names())
    CHECK_FALSE(tls::find_group(name).empty());
  CHECK_EQUAL(TLS1_2_VERSION, tls::version_of("VersionTLS12"));
  CHECK_EQUAL(0, tls::version_of("tls12"));
  CHECK_TRUE(tls::library_has_group(tls::find_group("x25519")));
  CHECK_FALSE(tls::library_has_group("nothing"));
}
