// SPDX-License-Identifier: MIT
#include "runtime/certificates.h"

#include "runtime/tls_plan.h"
#include "t/lib/tls_trial.h"

#include <CppUTest/TestHarness.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

using namespace pm;

TEST_GROUP(certificates) {
  config::Config config;
  config::Findings findings;
  tls::ContextPtr context{SSL_CTX_new(TLS_server_method())};

  void add(const std::string& common_name, const std::vector<std::string>& names,
           std::vector<std::string> stores = {}) {
    const auto pair = std::move(tls::generate_pair(common_name, names)).value();
    config::CertificatePair& added = config.dynamic.certificates.emplace_back();
    added.certificates = tls::pem_of(pair.certificate.get());
    added.key = tls::pem_of(pair.key.get());
    added.cert_file.value = common_name + ".pem";
    added.stores = std::move(stores);
  }
  // Whose certificate answers to a name: its common name.
  std::string served(std::string_view name, bool strict = false) {
    runtime::Certificates certificates(config.dynamic);
    const tls::SslPtr ssl(SSL_new(context.get()));
    if (!certificates.provide(ssl.get(), name, strict)) return "none";
    return tls::subject_of(SSL_get_certificate(ssl.get())).substr(3);
  }
  void inspect(std::int64_t now = 1800000000) {
    runtime::inspect_certificates(config, findings, now);
  }
};

TEST(certificates, an_exact_name_is_better_than_a_wildcard) {
  add("wild", {"*.x.org"});
  add("two", {"*.aaa.org", "a.x.org"});
  inspect();

  CHECK_EQUAL(std::string("two"), served("a.x.org"));
  CHECK_EQUAL(std::string("wild"), served("b.x.org"));
  CHECK_EQUAL(std::string("none"), served("x.org"));
  CHECK_EQUAL(std::string("none"), served("a.b.x.org"));
}

TEST(certificates, of_those_with_a_name_the_greatest_list_wins) {
  add("n", {"b.org", "m.org"});
  add("o", {"c.org", "m.org"});
  inspect();

  CHECK_EQUAL(std::string("o"), served("m.org"));
}

TEST(certificates, addresses_and_common_names_are_names) {
  add("Host.org", {"192.0.2.1", "2001:db8::1"});
  inspect();

  CHECK_EQUAL(std::string("Host.org"), served("host.org"));
  CHECK_EQUAL(std::string("Host.org"), served("192.0.2.1"));
  CHECK_EQUAL(std::string("Host.org"), served("2001:db8::1"));
}

TEST(certificates, the_same_names_twice_are_served_once) {
  add("a", {"a.org"});
  add("a", {"a.org"});
  inspect();

  CHECK_TRUE(config.dynamic.certificates[0].is_usable());
  CHECK_FALSE(config.dynamic.certificates[1].is_usable());
  STRCMP_CONTAINS("is left out: an earlier one has the same names", findings.text().c_str());
}

TEST(certificates, only_the_store_default_is_served_from) {
  add("a", {"a.org"}, {"other"});
  add("b", {"b.org"}, {"other", "default"});
  inspect();

  CHECK_EQUAL(std::string("none"), served("a.org"));
  CHECK_EQUAL(std::string("b"), served("b.org"));
}

TEST(certificates, a_default_is_made_where_https_is_taken_and_none_given) {
  inspect();
  CHECK_EQUAL(std::string("none"), served("a.org"));

  config.dynamic.routers.emplace_back().tls.emplace();
  inspect();
  CHECK_EQUAL(std::string("pointsman default certificate"), served("a.org"));
  CHECK_EQUAL(std::string("none"), served("a.org", true));
}

TEST(certificates, a_default_that_is_broken_is_none) {
  config.dynamic.routers.emplace_back().tls.emplace();
  config::TlsStore& store = config.dynamic.tls_stores.emplace_back();
  store.name = "default";
  store.default_certificate.emplace().certificates = "no PEM";
  inspect();

  CHECK_EQUAL(std::string("none"), served("a.org"));
  STRCMP_CONTAINS("there is no certificate in PEM form", findings.text().c_str());
}

TEST(certificates, days_are_told) {
  add("a", {"a.org"});
  inspect(4000000000);
  STRCMP_CONTAINS("certificate \"a.pem\" has expired on 2", findings.text().c_str());
  CHECK_EQUAL(std::string("a"), served("a.org"));

  findings = {};
  inspect(1000);
  STRCMP_CONTAINS("certificate \"a.pem\" is not valid before 2", findings.text().c_str());
}

TEST(certificates, a_weak_key_is_told_and_served) {
  tls::Pair pair = std::move(tls::generate_pair("w", {"w.org"})).value();
  pair.key.reset(EVP_RSA_gen(1024));
  X509_set_pubkey(pair.certificate.get(), pair.key.get());
  X509_sign(pair.certificate.get(), pair.key.get(), EVP_sha256());
  config::CertificatePair& added = config.dynamic.certificates.emplace_back();
  added.certificates = tls::pem_of(pair.certificate.get());
  added.key = tls::pem_of(pair.key.get());
  inspect();

  STRCMP_CONTAINS("is weak: its RSA key has 1024 bits", findings.text().c_str());
  CHECK_EQUAL(std::string("rsa"), config.dynamic.certificates[0].key_kind);
}
