// SPDX-License-Identifier: MIT
// tls_trial.h -- TLS between streams of a kernel that the test plays: ends that shake hands, say and hear, over one Wire.
//
//   in      contexts; connect() makes two ends that are joined; pump() carries bytes between them, in pieces of any size
//   out     what each end has heard, and how it ended
//   own     ends and their sockets; certificates are made once
#pragma once

#include "t/lib/fake_kernel.h"
#include "tls/client_context.h"
#include "tls/generate.h"
#include "tls/server_context.h"
#include "tls/session.h"

#include <memory>
#include <string>
#include <vector>

namespace pm::test {

// Serves one pair under every name but those that begin with "no.".
class OnePair final : public tls::CertificateSource {
 public:
  bool provide(SSL* ssl, std::string_view name, bool strict) noexcept override {
    asked = name;
    if (name.starts_with("no.") && strict) return false;
    return tls::use_pair(ssl, pair());
  }
  static const tls::Pair& pair() {
    static const tls::Pair made =
        std::move(tls::generate_pair("h.test", {"h.test", "*.w.test", "127.0.0.1"})).value();
    return made;
  }
  std::string asked;
};

class TlsEnd final : public net::StreamUser {
 public:
  TlsEnd(FakeKernel& kernel, net::Loop& loop, tls::Wire& wire, tls::SslPtr ssl,
         tls::Session::Role role)
      : fd(kernel.add()), stream(net::Stream::open(loop, fd, *this)) {
    auto made = tls::Session::create(wire, *stream, std::move(ssl), role);
    session = made.get();
    stream->set_layer(std::move(made));
    stream->resume();
    if (role == tls::Session::Role::client) step = session->advance();
  }
  ~TlsEnd() {
    if (stream != nullptr) stream->close();
  }
  bool is_up() const { return step == tls::Step::done; }
  void say(std::string_view bytes) { stream->write(bytes); }

  int fd;
  net::Stream* stream;
  tls::Session* session;
  tls::Step step = tls::Step::more;
  std::size_t room = 65536;
  std::string heard;
  std::string ended;  // "end", "failed", or the reason of a handshake that failed

 private:
  void on_readable() noexcept override {
    if (!is_up()) {
      step = session->advance();
      if (step == tls::Step::failed) {
        ended = session->fault();
        stream->pause();
      }
      return;
    }
    std::string buffer(room, '\0');
    const net::Got got = stream->read(buffer.data(), room);
    if (got.status == net::Io::ok) heard.append(buffer, 0, got.size);
    if (got.status == net::Io::end || got.status == net::Io::failed) {
      ended = got.status == net::Io::end ? "end" : "failed";
      stream->pause();
    }
  }
  void on_drained() noexcept override {}
  void on_hangup() noexcept override {}
  void on_broken() noexcept override { ended = "failed"; }
};

struct TlsLink {
  std::unique_ptr<TlsEnd> client;
  std::unique_ptr<TlsEnd> server;
};

// A world of such links; everything on one Wire.
class TlsTrial {
 public:
  FakeKernel kernel;
  std::unique_ptr<net::Loop> loop = net::Loop::create_for_test(kernel);
  tls::Wire wire;
  OnePair source;
  shm::TicketKeys keys = std::move(shm::TicketKeys::create()).value();

  std::unique_ptr<tls::ServerContext> serving(tls::ServerOptions options = {}) {
    if (options.name.empty()) options.name = "default";
    return std::move(tls::ServerContext::create(std::move(options), source, &keys)).value();
  }
  std::unique_ptr<tls::ClientContext> asking(tls::ClientOptions options) {
    return std::move(tls::ClientContext::create(std::move(options), nullptr)).value();
  }
  // That believes our certificate.
  static tls::ClientOptions believing() {
    tls::ClientOptions options;
    options.authorities = {tls::pem_of(OnePair::pair().certificate.get())};
    return options;
  }

  TlsLink join(tls::ServerContext& server, tls::ClientContext& client,
               const std::string& host = "h.test", tls::Offer offer = tls::Offer::all) {
    TlsLink link;
    link.server =
        std::make_unique<TlsEnd>(kernel, *loop, wire, server.open(), tls::Session::Role::server);
    link.server->session->set_server_name(host);
    link.client = std::make_unique<TlsEnd>(kernel, *loop, wire, client.open(host, 443, offer),
                                           tls::Session::Role::client);
    return link;
  }
  // Carries up to `piece` bytes each way; whether anything moved or was heard.
  bool carry(TlsLink& link, std::size_t piece = SIZE_MAX) {
    bool moved = false;
    const std::size_t heard = link.client->heard.size() + link.server->heard.size();
    for (auto [from, to] : {std::pair(link.client->fd, link.server->fd),
                            std::pair(link.server->fd, link.client->fd)}) {
      const std::string bytes = kernel.take(from, piece);
      if (bytes.empty()) continue;
      kernel.deliver(to, bytes);
      moved = true;
    }
    loop->turn();
    return moved || link.client->heard.size() + link.server->heard.size() != heard;
  }
  void settle(TlsLink& link, std::size_t piece = SIZE_MAX) {
    for (int idle = 0; idle < 4;)
      idle = carry(link, piece) ? 0 : idle + 1;
  }
  TlsLink connect(tls::ServerContext& server, tls::ClientContext& client,
                  const std::string& host = "h.test") {
    TlsLink link = join(server, client, host);
    settle(link);
    return link;
  }
};

}  // namespace pm::test
