// SPDX-License-Identifier: MIT
#include "runtime/tls_plan.h"

#include "t/lib/config_trial.h"
#include "t/lib/table.h"
#include "t/lib/tls_trial.h"

#include <CppUTest/TestHarness.h>

using namespace pm;

namespace {

// What is said of these options, and "broken" behind it when they cannot be had.
std::string judged(std::string_view options) {
  config::trial::Trial trial{"tls: {options: {o: " + std::string(options) + "}}"};
  if (trial.found() != "ok") return trial.found();
  for (config::TlsOptions& one : trial.config.dynamic.tls_options) {
    for (const auto& file : one.client_auth.ca_files) {
      const bool good = file.value == "ca.pem";
      one.client_auth.authorities.push_back(
          good ? tls::pem_of(test::OnePair::pair().certificate.get()) : "");
    }
  }
  const auto plans = runtime::plan_tls(trial.config, trial.findings);
  const bool usable = runtime::standing_of(plans, "o@file") == routing::Standing::usable;
  return trial.found() + (usable ? "" : " broken");
}

}  // namespace

TEST_GROUP(tls_plan){};

TEST(tls_plan, options_are_judged) {
  static constexpr Row rows[] = {
      {"{minVersion: VersionTLS13}", "ok"},
      {"{minVersion: VersionTLS12, maxVersion: VersionTLS12}", "ok"},
      {"{minVersion: VersionTLS14}",
       "1:33: error: tls.options.o.minVersion \"VersionTLS14\": not known; write one of "
       "VersionTLS10, VersionTLS11, VersionTLS12, VersionTLS13"},
      {"{minVersion: VersionTLS10}",
       "1:33: warning: tls.options.o allows versions of TLS that are broken; use VersionTLS12 or "
       "VersionTLS13"},
      {"{minVersion: VersionTLS13, maxVersion: VersionTLS12}",
       "1:33: error: tls.options.o has a minVersion above its maxVersion; exchange them broken"},
      {"{cipherSuites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_AES_128_GCM_SHA256]}", "ok"},
      {"{cipherSuites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA25]}",
       "1:36: error: tls.options.o names the unknown suite "
       "\"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA25\"; did you mean "
       "\"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256\"? broken"},
      {"{cipherSuites: [TLS_RSA_WITH_AES_128_CBC_SHA]}",
       "1:36: warning: tls.options.o allows the weak suite \"TLS_RSA_WITH_AES_128_CBC_SHA\"; keep "
       "to those with ECDHE and GCM or CHACHA20"},
      {"{cipherSuites: [TLS_RSA_WITH_RC4_128_SHA]}",
       "1:36: warning: tls.options.o names the suite \"TLS_RSA_WITH_RC4_128_SHA\", which the TLS "
       "library no longer has; take it out\n1:36: error: tls.options.o is left without a suite; "
       "name one that the TLS library has broken"},
      {"{curvePreferences: [X25519, secp256r1]}", "ok"},
      {"{curvePreferences: [X25518]}",
       "1:40: error: tls.options.o names the unknown curve \"X25518\"; did you mean \"X25519\"? "
       "broken"},
      {"{clientAuth: {caFiles: [ca.pem]}}", "ok"},
      {"{clientAuth: {clientAuthType: RequireAnyClientCert}}", "ok"},
      {"{clientAuth: {clientAuthType: RequireAndVerifyClientCert}}",
       "1:50: error: tls.options.o verifies clients' certificates without caFiles; give it caFiles "
       "broken"},
      {"{clientAuth: {clientAuthType: Require}}",
       "1:50: error: tls.options.o has the unknown clientAuthType \"Require\"; write "
       "RequireAndVerifyClientCert broken"},
      {"{clientAuth: {caFiles: [bad.pem]}}",
       "1:44: error: tls.options.o has a caFile without a certificate in PEM form; name a PEM file "
       "with the authority's certificate broken"},
  };
  check_rows(rows, judged);
}

TEST(tls_plan, the_default_is_always_there_and_replaced_as_a_whole) {
  config::trial::Trial trial{"tls: {options: {default: {maxVersion: VersionTLS12}}}"};
  auto plans = runtime::plan_tls(trial.config, trial.findings);
  CHECK_EQUAL(TLS1_2_VERSION, plans.find("default")->second->max_version);
  CHECK_TRUE(plans.find("default")->second->suites.empty());

  plans = runtime::plan_tls({}, trial.findings);
  CHECK_TRUE(runtime::standing_of(plans, "default") == routing::Standing::usable);
  CHECK_TRUE(runtime::standing_of(plans, "x@file") == routing::Standing::unknown);
}

TEST(tls_plan, a_transport_without_usable_authorities_is_broken) {
  config::trial::Trial trial{
      "http: {serversTransports: {t: {rootCAs: [a.pem]}, u: {insecureSkipVerify: true}}}"};
  const auto plans = runtime::plan_transports(trial.config, trial.findings);

  CHECK_FALSE(plans.find(&trial.config.dynamic.servers_transports[0])->second.has_value());
  CHECK_FALSE(plans.find(&trial.config.dynamic.servers_transports[1])->second->verify);
  STRCMP_CONTAINS("has rootCAs and none of them can be used", trial.found().c_str());
}
