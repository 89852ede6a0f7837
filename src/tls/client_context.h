// SPDX-License-Identifier: MIT
// client_context.h -- TLS towards servers: one transport's settings, compiled; whom it believes and what it shows.
//
//   in      ClientOptions, already checked
//   out     open(): an SSL for a connection to one server, verified against its name unless told otherwise; the session of
//           the last connection to the same server and name is offered again
//   own     the SSL_CTX and the sessions, one a server and name
//   errors  create(): a pair, an authority or a list that cannot be used, in a sentence
//   cost    a system's authorities are decoded once a worker: 10 to 20 ms
//   source  http-services.md section 6; RFC 6125; decision: verification is on by default
#pragma once

#include "core/result.h"
#include "tls/library.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace pm::tls {

struct PeerName {
  enum class Kind : std::uint8_t { dns, uri };
  Kind kind = Kind::uri;
  std::string value;
};

struct ClientOptions {
  std::string server_name;  // "": the host of the URL
  bool verify = true;
  std::vector<std::string> authorities;  // PEM; empty: those of `system_authorities`
  struct Certificate {
    std::string certificates;
    std::string key;
  };
  std::vector<Certificate> certificates;
  std::vector<std::string> suites;  // the library's names; empty: the library's own list
  int min_version = TLS1_2_VERSION;
  int max_version = 0;
  std::vector<PeerName>
      peer_names;  // the certificate must have one of them, and its chain be good, whatever `verify` says
  std::vector<std::string> protocols = {"http/1.1"};
};

// What ALPN offers: the protocols of the options, or HTTP/1.1 whatever they are.
enum class Offer : std::uint8_t { all, http1 };

// Everything that two contexts may differ in; a digest where it is long or secret.
std::string fingerprint_of(const ClientOptions& options);

class ClientContext {
 public:
  // `system_authorities` is shared, and null when this system has none.
  static Result<std::unique_ptr<ClientContext>> create(ClientOptions options,
                                                       X509_STORE* system_authorities);
  ClientContext(const ClientContext&) = delete;
  ClientContext& operator=(const ClientContext&) = delete;
  ~ClientContext();

  // `host` is the host of the server's URL, an address without brackets.
  SslPtr open(const std::string& host, std::uint16_t port, Offer offer = Offer::all) noexcept;

 private:
  struct Calls;
  using Key = std::pair<std::string, std::uint16_t>;
  explicit ClientContext(ClientOptions options) : options_(std::move(options)) {}
  Status configure(X509_STORE* system_authorities);
  Status set_authorities(X509_STORE* system_authorities);
  Status add_certificates();
  bool is_expected_peer(X509* certificate) const noexcept;

  ClientOptions options_;
  std::string protocols_;
  ContextPtr context_;
  std::map<Key, SessionPtr> sessions_;
};

// Every certificate of a PEM text as authorities; null when there is none.
StorePtr store_of(std::string_view pem);

}  // namespace pm::tls
