// SPDX-License-Identifier: MIT
#include "config/dynamic_model.h"
#include "config/tables.h"

namespace pm::config {
namespace {

constexpr std::string_view no_acme = "certificates come from files";

constexpr Option certificate_options[] = {
    option<&CertificatePair::cert_file>("certFile",
                                        "the certificate and its chain, a file or its content"),
    option<&CertificatePair::key_file>("keyFile", "its key, a file or its content").secret(),
    option<&CertificatePair::stores>("stores", "only the store default is served from"),
    carried<&CertificatePair::certificates>(),
    carried<&CertificatePair::key>(),
    carried<&CertificatePair::names>(),
    carried<&CertificatePair::key_kind>(),
    carried<&CertificatePair::not_after>(),
    carried<&CertificatePair::common_name>(),
    carried<&CertificatePair::serial>(),
    carried<&CertificatePair::dns_names>(),
};
constexpr Section certificate_keys = section_of<CertificatePair>(certificate_options);

constexpr Option pair_options[] = {
    option<&CertificatePair::cert_file>("certFile",
                                        "the certificate and its chain, a file or its content"),
    option<&CertificatePair::key_file>("keyFile", "its key, a file or its content").secret(),
    carried<&CertificatePair::certificates>(),
    carried<&CertificatePair::key>(),
    carried<&CertificatePair::names>(),
    carried<&CertificatePair::key_kind>(),
    carried<&CertificatePair::not_after>(),
    carried<&CertificatePair::common_name>(),
    carried<&CertificatePair::serial>(),
    carried<&CertificatePair::dns_names>(),
};

constexpr Section pair_section = section_of<CertificatePair>(pair_options);

constexpr Option store_options[] = {
    carried<&TlsStore::name>(),
    carried<&TlsStore::provider>(),
    carried<&TlsStore::mark>(),
    section<&TlsStore::default_certificate>("defaultCertificate", pair_section,
                                            "for names that no certificate has")
        .with_default("self-signed, made at start"),
    later("defaultGeneratedCert", Kind::opaque, "a default certificate by ACME")
        .as(Status::later, no_acme),
};
constexpr Section store_keys = section_of<TlsStore>(store_options);

constexpr Option client_auth_options[] = {
    option<&ClientAuthentication::ca_files>(
        "caFiles", "authorities of clients' certificates, files or contents"),
    option<&ClientAuthentication::type>("clientAuthType",
                                        "whether they are asked for, demanded and verified")
        .with_default("NoClientCert; with caFiles RequireAndVerifyClientCert"),
    carried<&ClientAuthentication::authorities>(),
};
constexpr Section client_auth_keys = section_of<ClientAuthentication>(client_auth_options);

constexpr Option options_options[] = {
    carried<&TlsOptions::name>(),
    carried<&TlsOptions::provider>(),
    carried<&TlsOptions::mark>(),
    option<&TlsOptions::min_version>("minVersion", "lowest version of TLS")
        .of(version_words)
        .with_default("VersionTLS12"),
    option<&TlsOptions::max_version>("maxVersion", "highest version of TLS")
        .of(version_words)
        .with_default("the newest"),
    option<&TlsOptions::cipher_suites>("cipherSuites", "suites of TLS 1.2 and older")
        .with_default("those with ephemeral keys and authenticated encryption"),
    option<&TlsOptions::curve_preferences>("curvePreferences", "groups for the key exchange")
        .with_default("X25519MLKEM768 where the library has it, X25519, P-256, P-384, P-521"),
    section<&TlsOptions::client_auth>("clientAuth", client_auth_keys, "clients' certificates"),
    option<&TlsOptions::sni_strict>("sniStrict",
                                    "refuse names that no certificate has, default or not"),
    option<&TlsOptions::alpn_protocols>("alpnProtocols", "protocols, the preferred one first"),
    option<&TlsOptions::disable_session_tickets>("disableSessionTickets",
                                                 "let no session be resumed"),
    later("preferServerCipherSuites", Kind::flag, "no effect, as in Traefik")
        .as(Status::later, "the order of suites is fixed")
        .quiet_at("false")
        .with_default("false"),
};
constexpr Section options_keys = section_of<TlsOptions>(options_options);

constexpr Option tls_options[] = {
    section<&Dynamic::certificates>("certificates", certificate_keys,
                                    "certificates, chosen by the name that a client asks for"),
    named<&Dynamic::tls_options>("options", options_keys,
                                 "what a handshake may be; default applies where none is named"),
    named<&Dynamic::tls_stores>("stores", store_keys, "only the store default has an effect"),
    carried<&Dynamic::generated_certificate>(),
    carried<&Dynamic::generated_key>(),
    carried<&Dynamic::shared_secret>(),
    carried<&Dynamic::verdicts>(),
};

constexpr Option router_tls_options[] = {
    option<&RouterTls::options>("options", "which of tls.options").with_default("default"),
    option<&RouterTls::cert_resolver>("certResolver",
                                      "not supported yet: certificates come from files"),
    accepted("domains", Kind::opaque, "names to ask an ACME server for"),
};

}  // namespace

constinit const Section pair_keys = pair_section;
constinit const Section tls_keys = section_of<Dynamic>(tls_options);
constinit const Section router_tls_keys = section_of<RouterTls>(router_tls_options);

}  // namespace pm::config
