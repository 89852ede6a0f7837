// SPDX-License-Identifier: MIT
// server_context.h -- one set of tls.options, compiled: what a handshake of a client may be.
//
//   in      ServerOptions, already checked; certificates through a CertificateSource; the secrets of tickets
//   out     open(): an SSL for a connection. During the handshake: the certificate that the source names, ALPN by our
//           preference, tickets bound to these options and to the server name
//   own     the SSL_CTX. One a set of options, never one a certificate (decision 42)
//   errors  create(): a list that the library refuses, in a sentence. Handshakes end with the alerts of the specification
//   cost    about 0.1 ms and 20 KiB a set of options
//   source  tls-acme.md section 4, security.md section 6
#pragma once

#include "core/result.h"
#include "shm/ticket_keys.h"
#include "tls/library.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pm::tls {

enum class ClientAuth : std::uint8_t { none, request, require_any, verify_if_given, require };

struct ServerOptions {
  std::string name;
  int min_version = TLS1_2_VERSION;
  int max_version = 0;  // 0: the newest
  std::vector<std::string>
      suites;  // the library's names, for TLS 1.2 and older; empty: the built-in ones
  std::vector<std::string> groups;  // the library's names; empty: the built-in ones
  std::vector<std::string> protocols = {"h2", "http/1.1"};  // ALPN, in order of preference
  ClientAuth client_auth = ClientAuth::none;
  std::vector<std::string> authorities;  // PEM
  bool sni_strict = false;
  bool tickets = true;
};

class CertificateSource {
 public:
  // Puts certificates and keys for `name` (lower case; an address without a server name) into the SSL, one of each kind
  // of key at most. False: there is none, not even a default one; `strict` leaves the default out.
  virtual bool provide(SSL* ssl, std::string_view name, bool strict) noexcept = 0;

 protected:
  ~CertificateSource() = default;
};

class ServerContext {
 public:
  static Result<std::unique_ptr<ServerContext>> create(ServerOptions options,
                                                       CertificateSource& source,
                                                       const shm::TicketKeys* keys);
  ~ServerContext();
  ServerContext(const ServerContext&) = delete;
  ServerContext& operator=(const ServerContext&) = delete;

  SslPtr open() noexcept { return SslPtr(SSL_new(context_.get())); }
  const std::string& name() const noexcept { return options_.name; }
  // The same for the same options, whichever configuration they stand in.
  std::uint64_t id() const noexcept { return id_; }

 private:
  struct Calls;  // what the library calls
  struct Sealer;
  ServerContext(ServerOptions options, CertificateSource& source);
  Status configure();
  Status set_client_auth();
  void set_tickets(const shm::TicketKeys* keys);

  ServerOptions options_;
  std::uint64_t id_;
  std::string protocols_;  // as on the wire
  CertificateSource* source_;
  ContextPtr context_;
  std::unique_ptr<Sealer> sealer_;
};

}  // namespace pm::tls
