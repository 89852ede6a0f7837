// SPDX-License-Identifier: MIT
#include "tls/client_context.h"

#include "core/ip.h"
#include "core/text.h"
#include "tls/pair.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>

namespace pm::tls {
namespace {

constexpr int depth_of_chain = 10;
constexpr std::string_view http1_alone = "\x08http/1.1";  // as ALPN has it on the wire

const unsigned char* bytes_of(std::string_view text) noexcept {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// Where an SSL finds the place of its session: the key of the map, which stays as long as the context.
int session_index() noexcept {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

bool has_uri(X509* certificate, const std::string& uri) noexcept {
  auto* names = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  bool found = false;
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names, i);
    if (name->type != GEN_URI) continue;
    const ASN1_STRING* text = name->d.uniformResourceIdentifier;
    const std::string_view value(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                                 static_cast<std::size_t>(ASN1_STRING_length(text)));
    found = found || value == uri;
  }
  GENERAL_NAMES_free(names);
  return found;
}

}  // namespace

struct ClientContext::Calls {
  static ClientContext& self(const SSL* ssl) noexcept {
    return *static_cast<ClientContext*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  }
  static int on_session(SSL* ssl, SSL_SESSION* session) noexcept {
    auto* place = static_cast<SessionPtr*>(SSL_get_ex_data(ssl, session_index()));
    if (place == nullptr) return 0;
    place->reset(session);
    return 1;
  }
  // Asked once the chain has been judged: at its end (depth 0) the peer's own names are looked at.
  static int on_verify(int good, X509_STORE_CTX* store) noexcept {
    if (good != 1 || X509_STORE_CTX_get_error_depth(store) != 0) return good;
    const auto* ssl = static_cast<const SSL*>(
        X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    if (self(ssl).is_expected_peer(X509_STORE_CTX_get_current_cert(store))) return 1;
    X509_STORE_CTX_set_error(store, X509_V_ERR_HOSTNAME_MISMATCH);
    return 0;
  }
};

std::string fingerprint_of(const ClientOptions& options) {
  std::string text = fmt::format("{}|{}|{}|{}", options.server_name, options.verify,
                                 options.min_version, options.max_version);
  const auto add = [&text](const std::string& part) {
    text += fmt::format("|{}:{}", part.size(), part);
  };
  for (const auto* list : {&options.authorities, &options.suites, &options.protocols}) {
    add(fmt::format("{}", list->size()));
    std::for_each(list->begin(), list->end(), add);
  }
  for (const ClientOptions::Certificate& pair : options.certificates) {
    add(pair.certificates);
    add(pair.key);
  }
  for (const PeerName& name : options.peer_names)
    add(fmt::format("{} {}", static_cast<int>(name.kind), name.value));
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr);
  OPENSSL_cleanse(text.data(), text.size());
  return fmt::format("{:02x}", fmt::join(digest.begin(), digest.begin() + size, ""));
}

ClientContext::~ClientContext() = default;

StorePtr store_of(std::string_view pem) {
  const std::vector<CertificatePtr> certificates = decode_certificates(pem);
  if (certificates.empty()) return nullptr;
  StorePtr store(X509_STORE_new());
  for (const CertificatePtr& certificate : certificates)
    X509_STORE_add_cert(store.get(), certificate.get());
  ERR_clear_error();
  return store;
}

Result<std::unique_ptr<ClientContext>> ClientContext::create(ClientOptions options,
                                                             X509_STORE* system_authorities) {
  std::unique_ptr<ClientContext> made(new ClientContext(std::move(options)));
  made->context_.reset(SSL_CTX_new(TLS_client_method()));
  if (made->context_ == nullptr) return Error{Errc::io, "", take_error()};
  PM_TRY([[maybe_unused]] auto configured, made->configure(system_authorities));
  return made;
}

Status ClientContext::configure(X509_STORE* system_authorities) {
  SSL_CTX* context = context_.get();
  SSL_CTX_set_app_data(context, this);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_min_proto_version(context, options_.min_version);
  SSL_CTX_set_max_proto_version(context, options_.max_version);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, Calls::on_session);
  std::string suites = text::join(options_.suites, ":");
  if (options_.min_version < TLS1_2_VERSION)
    suites += suites.empty() ? "DEFAULT:@SECLEVEL=0" : ":@SECLEVEL=0";
  if (!suites.empty() && SSL_CTX_set_cipher_list(context, suites.c_str()) != 1)
    return Error{Errc::bad_value, "",
                 "none of its suites is known to the library: " + take_error()};
  for (const std::string& protocol : options_.protocols) {
    protocols_ += static_cast<char>(protocol.size());
    protocols_ += protocol;
  }
  SSL_CTX_set_alpn_protos(context, bytes_of(protocols_), static_cast<unsigned>(protocols_.size()));
  PM_TRY([[maybe_unused]] auto believed, set_authorities(system_authorities));
  return add_certificates();
}

Status ClientContext::set_authorities(X509_STORE* system_authorities) {
  SSL_CTX* context = context_.get();
  const bool verify = options_.verify || !options_.peer_names.empty();
  SSL_CTX_set_verify(context, verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE,
                     options_.peer_names.empty() ? nullptr : Calls::on_verify);
  SSL_CTX_set_verify_depth(context, depth_of_chain);
  X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
  if (!verify) return success();
  if (options_.authorities.empty()) {
    if (system_authorities != nullptr) SSL_CTX_set1_cert_store(context, system_authorities);
    return success();
  }
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  for (const std::string& pem : options_.authorities) {
    const std::vector<CertificatePtr> certificates = decode_certificates(pem);
    if (certificates.empty())
      return Error{Errc::bad_value, "", "one of its rootCAs holds no certificate"};
    for (const CertificatePtr& certificate : certificates)
      X509_STORE_add_cert(store, certificate.get());
  }
  ERR_clear_error();
  return success();
}

// One of each kind of key; the library shows the one that the server can use.
Status ClientContext::add_certificates() {
  for (const ClientOptions::Certificate& source : options_.certificates) {
    PM_TRY(const Pair pair, decode_pair(source.certificates, source.key));
    if (SSL_CTX_use_cert_and_key(context_.get(), pair.certificate.get(), pair.key.get(),
                                 pair.chain.get(), 0) != 1) {
      const std::string why = take_error();
      if (why.find("not replacing") == std::string::npos)
        return Error{Errc::bad_value, "", "one of its client certificates: " + why};
    }
  }
  return success();
}

bool ClientContext::is_expected_peer(X509* certificate) const noexcept {
  const auto is_it = [certificate](const PeerName& name) {
    if (name.kind == PeerName::Kind::uri) return has_uri(certificate, name.value);
    return X509_check_host(certificate, name.value.data(), name.value.size(), 0, nullptr) == 1;
  };
  return std::any_of(options_.peer_names.begin(), options_.peer_names.end(), is_it);
}

SslPtr ClientContext::open(const std::string& host, std::uint16_t port, Offer offer) noexcept {
  SslPtr ssl(SSL_new(context_.get()));
  if (ssl == nullptr) return ssl;
  if (offer == Offer::http1)
    SSL_set_alpn_protos(ssl.get(), bytes_of(http1_alone),
                        static_cast<unsigned>(http1_alone.size()));
  const std::string& name = options_.server_name.empty() ? host : options_.server_name;
  const bool is_address = Address::parse(name).has_value();
  if (!is_address) SSL_set_tlsext_host_name(ssl.get(), name.c_str());
  if (options_.verify && options_.peer_names.empty()) {
    X509_VERIFY_PARAM* param = SSL_get0_param(ssl.get());
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (is_address) {
      X509_VERIFY_PARAM_set1_ip_asc(param, name.c_str());
    } else {
      X509_VERIFY_PARAM_set1_host(param, name.data(), name.size());
    }
  }
  SessionPtr& session = sessions_[{host, port}];
  SSL_set_ex_data(ssl.get(), session_index(), &session);
  if (session != nullptr && SSL_SESSION_is_resumable(session.get()) == 1)
    SSL_set_session(ssl.get(), session.get());
  return ssl;
}

}  // namespace pm::tls
