// SPDX-License-Identifier: MIT
#include "tls/server_context.h"

#include "core/hash.h"
#include "core/text.h"
#include "os/socket.h"
#include "tls/hello.h"
#include "tls/pair.h"
#include "tls/session.h"
#include "tls/words.h"

#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <array>
#include <cstring>
#include <optional>

namespace pm::tls {
namespace {

constexpr long ticket_life_seconds = 86400;
constexpr std::uint32_t largest_client_chain = 65536;

// Every option that a session must not outlive.
std::string fingerprint_of(const ServerOptions& options) {
  std::string text =
      fmt::format("{}|{}|{}|{}|{}|", options.name, options.min_version, options.max_version,
                  static_cast<int>(options.client_auth), options.sni_strict);
  for (const auto* list :
       {&options.suites, &options.groups, &options.protocols, &options.authorities})
    text += text::join(*list, ":") + "|";
  return text;
}

// The address that the client has reached; "" when the socket does not know.
std::string local_address(int fd) {
  const auto endpoint = os::local_endpoint(fd);
  return endpoint ? endpoint->address.to_string() : std::string();
}

int accept_any(int, X509_STORE_CTX*) noexcept {
  return 1;
}

}  // namespace

// The secrets as keys for these options: worked out again when the master has made new ones.
struct ServerContext::Sealer {
  struct Keys {
    std::array<unsigned char, 16> name;
    std::array<unsigned char, 32> cipher;
    std::array<unsigned char, 32> mac;
  };
  const shm::TicketKeys* source = nullptr;
  std::string fingerprint;
  std::uint64_t generation = 0;
  std::size_t count = 0;
  std::array<Keys, 3> keys;
  CipherPtr cipher{EVP_CIPHER_fetch(nullptr, "AES-256-CBC", nullptr)};

  ~Sealer() { OPENSSL_cleanse(keys.data(), sizeof keys); }
  bool refresh() noexcept;
  int seal(unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher_ctx,
           EVP_MAC_CTX* mac_ctx) noexcept;
  int open(const SSL* ssl, const unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher_ctx,
           EVP_MAC_CTX* mac_ctx) noexcept;
};

bool ServerContext::Sealer::refresh() noexcept {
  shm::TicketRing ring;
  if (!source->load(ring) || ring.count == 0) return false;
  if (ring.generation == generation) return true;
  for (std::size_t i = 0; i < ring.count; ++i) {
    const shm::TicketSecret& secret = ring.secrets[i];
    keys[i].name = secret.name;
    unsigned size = 0;
    for (const bool is_mac : {false, true}) {
      const std::string label = (is_mac ? "mac|" : "cipher|") + fingerprint;
      HMAC(EVP_sha256(), secret.secret.data(), static_cast<int>(secret.secret.size()),
           reinterpret_cast<const unsigned char*>(label.data()), label.size(),
           is_mac ? keys[i].mac.data() : keys[i].cipher.data(), &size);
    }
  }
  OPENSSL_cleanse(&ring.secrets, sizeof ring.secrets);
  count = ring.count;
  generation = ring.generation;
  return true;
}

namespace {
bool set_mac(EVP_MAC_CTX* context, std::array<unsigned char, 32>& key) noexcept {
  char digest[] = "SHA256";
  const OSSL_PARAM params[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key.data(), key.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end()};
  return EVP_MAC_CTX_set_params(context, params) == 1;
}
}  // namespace

int ServerContext::Sealer::seal(unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher_ctx,
                                EVP_MAC_CTX* mac_ctx) noexcept {
  if (!refresh()) return 0;  // no ticket
  if (RAND_bytes(iv, 16) != 1) return -1;
  std::memcpy(name, keys[0].name.data(), keys[0].name.size());
  const bool ready =
      set_mac(mac_ctx, keys[0].mac) &&
      EVP_EncryptInit_ex2(cipher_ctx, cipher.get(), keys[0].cipher.data(), iv, nullptr) == 1;
  return ready ? 1 : -1;
}

int ServerContext::Sealer::open(const SSL* ssl, const unsigned char* name, unsigned char* iv,
                                EVP_CIPHER_CTX* cipher_ctx, EVP_MAC_CTX* mac_ctx) noexcept {
  if (!refresh()) return 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (std::memcmp(name, keys[i].name.data(), keys[i].name.size()) != 0) continue;
    const bool ready =
        set_mac(mac_ctx, keys[i].mac) &&
        EVP_DecryptInit_ex2(cipher_ctx, cipher.get(), keys[i].cipher.data(), iv, nullptr) == 1;
    if (!ready) return -1;
    // A ticket of TLS 1.3 is used once, so there is always a fresh one.
    return i > 0 || SSL_version(ssl) >= TLS1_3_VERSION ? 2 : 1;
  }
  return 0;  // sealed by somebody else, or too long ago: a full handshake
}

struct ServerContext::Calls {
  static ServerContext& self(const SSL* ssl) noexcept {
    return *static_cast<ServerContext*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  }

  static int on_server_name(SSL* ssl, int* alert, void*) noexcept {
    ServerContext& context = self(ssl);
    const Session& session = *Session::of(ssl);
    const std::string& asked = session.server_name();
    const bool provided =
        context.source_->provide(ssl, asked.empty() ? local_address(session.stream().fd()) : asked,
                                 context.options_.sni_strict);
    if (provided) return SSL_TLSEXT_ERR_OK;
    *alert = SSL_AD_UNRECOGNIZED_NAME;
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }

  static int on_protocols(SSL* ssl, const unsigned char** out, unsigned char* out_size,
                          const unsigned char* list, unsigned size, void*) noexcept {
    const std::string& ours = self(ssl).protocols_;
    unsigned char* chosen = nullptr;
    const int result = SSL_select_next_proto(&chosen, out_size,
                                             reinterpret_cast<const unsigned char*>(ours.data()),
                                             static_cast<unsigned>(ours.size()), list, size);
    *out = chosen;
    return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
  }

  static int on_ticket_key(SSL* ssl, unsigned char* name, unsigned char* iv,
                           EVP_CIPHER_CTX* cipher_ctx, EVP_MAC_CTX* mac_ctx, int seal) noexcept {
    Sealer& sealer = *self(ssl).sealer_;
    return seal != 0 ? sealer.seal(name, iv, cipher_ctx, mac_ctx)
                     : sealer.open(ssl, name, iv, cipher_ctx, mac_ctx);
  }

  static int on_new_ticket(SSL* ssl, void*) noexcept {
    const std::string& name = Session::of(ssl)->server_name();
    return SSL_SESSION_set1_ticket_appdata(SSL_get_session(ssl), name.data(), name.size());
  }

  // A session is resumed under the name that it was made for, or not at all.
  static SSL_TICKET_RETURN on_ticket(SSL* ssl, SSL_SESSION* session, const unsigned char*,
                                     std::size_t, SSL_TICKET_STATUS status, void*) noexcept {
    switch (status) {
      case SSL_TICKET_SUCCESS:
      case SSL_TICKET_SUCCESS_RENEW: break;
      case SSL_TICKET_EMPTY:
      case SSL_TICKET_NO_DECRYPT: return SSL_TICKET_RETURN_IGNORE_RENEW;
      default: return SSL_TICKET_RETURN_IGNORE;
    }
    void* data = nullptr;
    std::size_t size = 0;
    SSL_SESSION_get0_ticket_appdata(session, &data, &size);
    const std::string_view bound(static_cast<const char*>(data), size);
    if (bound != Session::of(ssl)->server_name()) return SSL_TICKET_RETURN_IGNORE_RENEW;
    return status == SSL_TICKET_SUCCESS_RENEW ? SSL_TICKET_RETURN_USE_RENEW : SSL_TICKET_RETURN_USE;
  }
};

ServerContext::ServerContext(ServerOptions options, CertificateSource& source)
    : options_(std::move(options)), id_(fnv1a(fingerprint_of(options_))), source_(&source) {}

ServerContext::~ServerContext() = default;

Result<std::unique_ptr<ServerContext>> ServerContext::create(ServerOptions options,
                                                             CertificateSource& source,
                                                             const shm::TicketKeys* keys) {
  std::unique_ptr<ServerContext> made(new ServerContext(std::move(options), source));
  made->context_.reset(SSL_CTX_new(TLS_server_method()));
  if (made->context_ == nullptr) return Error{Errc::io, "", take_error()};
  PM_TRY([[maybe_unused]] auto configured, made->configure());
  PM_TRY([[maybe_unused]] auto authenticated, made->set_client_auth());
  made->set_tickets(keys);
  return made;
}

Status ServerContext::configure() {
  SSL_CTX* context = context_.get();
  SSL_CTX_set_app_data(context, this);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
                                   SSL_OP_NO_ANTI_REPLAY);
  SSL_CTX_set_max_early_data(context, 0);
  SSL_CTX_set_recv_max_early_data(context, 0);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_quiet_shutdown(context, 0);
  SSL_CTX_set_max_cert_list(context, largest_client_chain);
  SSL_CTX_set_min_proto_version(context, options_.min_version);
  SSL_CTX_set_max_proto_version(context, options_.max_version);

  std::string suites =
      options_.suites.empty() ? std::string(default_suites) : text::join(options_.suites, ":");
  // What is older than TLS 1.2 signs with SHA-1, which the library allows at its lowest level only.
  if (options_.min_version < TLS1_2_VERSION) suites += ":@SECLEVEL=0";
  if (SSL_CTX_set_cipher_list(context, suites.c_str()) != 1)
    return Error{Errc::bad_value, "",
                 "none of its suites is known to the library: " + take_error()};
  const std::string groups =
      options_.groups.empty() ? std::string(default_groups()) : text::join(options_.groups, ":");
  if (SSL_CTX_set1_groups_list(context, groups.c_str()) != 1)
    return Error{Errc::bad_value, "", "the library refuses its groups: " + take_error()};

  for (const std::string& protocol : options_.protocols) {
    protocols_ += static_cast<char>(protocol.size());
    protocols_ += protocol;
  }
  SSL_CTX_set_alpn_select_cb(context, Calls::on_protocols, nullptr);
  SSL_CTX_set_tlsext_servername_callback(context, Calls::on_server_name);
  return success();
}

Status ServerContext::set_client_auth() {
  SSL_CTX* context = context_.get();
  const ClientAuth auth = options_.client_auth;
  if (auth == ClientAuth::none) return success();
  int mode = SSL_VERIFY_PEER;
  if (auth == ClientAuth::require_any || auth == ClientAuth::require)
    mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
  const bool any = auth == ClientAuth::request || auth == ClientAuth::require_any;
  SSL_CTX_set_verify(context, mode, any ? accept_any : nullptr);
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  for (const std::string& pem : options_.authorities) {
    const std::vector<CertificatePtr> certificates = decode_certificates(pem);
    if (certificates.empty())
      return Error{Errc::bad_value, "", "one of its authorities holds no certificate"};
    for (const CertificatePtr& certificate : certificates) {
      X509_STORE_add_cert(store, certificate.get());
      SSL_CTX_add_client_CA(context, certificate.get());
    }
  }
  // An authority that is not a root is trusted as it stands, as in the original.
  X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
  ERR_clear_error();
  return success();
}

// A client's certificate is looked at anew for each connection, so such sessions are not resumed.
void ServerContext::set_tickets(const shm::TicketKeys* keys) {
  SSL_CTX* context = context_.get();
  SSL_CTX_set_session_id_context(context, reinterpret_cast<const unsigned char*>(&id_), sizeof id_);
  if (keys == nullptr || !options_.tickets || options_.client_auth != ClientAuth::none) {
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(context, 0);
    return;
  }
  sealer_ = std::make_unique<Sealer>();
  sealer_->source = keys;
  sealer_->fingerprint = fingerprint_of(options_);
  SSL_CTX_set_timeout(context, ticket_life_seconds);
  SSL_CTX_set_num_tickets(context, 1);
  SSL_CTX_set_tlsext_ticket_key_evp_cb(context, Calls::on_ticket_key);
  SSL_CTX_set_session_ticket_cb(context, Calls::on_new_ticket, Calls::on_ticket, nullptr);
}

}  // namespace pm::tls
