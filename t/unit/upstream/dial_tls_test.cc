// SPDX-License-Identifier: MIT
#include "t/lib/tls_trial.h"
#include "t/lib/upstream_trial.h"
#include "tls/gate.h"
#include "upstream/dial.h"

#include <CppUTest/TestHarness.h>

#include <string>
#include <vector>

using pm::http::Outcome;
using pm::test::TlsEnd;
using pm::test::TlsTrial;
using pm::test::UpstreamTrial;
using pm::upstream::Protocol;
using pm::upstream::Scheme;
using pm::upstream::Target;

namespace {

struct Caller final : pm::upstream::DialUser {
  void on_connected(pm::http::ClientConnection& got) noexcept override { connection = &got; }
  void on_dial_failed(Outcome) noexcept override {}
  pm::http::ClientConnection* connection = nullptr;
};

}  // namespace

TEST_GROUP(dial_tls) {
  TlsTrial contexts;
  UpstreamTrial trial;
  pm::tls::Gate gate{*trial.loop};
  std::unique_ptr<pm::tls::ClientContext> client;

  void setup() override {
    pm::tls::ClientOptions options = TlsTrial::believing();
    options.protocols = {"h2", "http/1.1"};
    client = contexts.asking(std::move(options));
    trial.pool->set_tls({client.get(), &contexts.wire, &gate, nullptr});
  }
  Target& target() {
    return trial.pool->target("127.0.0.1", 443, Scheme::https);
  }
  // What is spoken to a server that knows these protocols.
  Protocol dial(Target & to, std::vector<std::string> known) {
    pm::tls::ServerOptions options;
    options.protocols = std::move(known);
    const auto context = contexts.serving(std::move(options));
    Caller caller;
    pm::upstream::Dial under_way(to, caller);
    under_way.start();
    const int fd = trial.kernel.connected()[0];
    TlsEnd server(trial.kernel, *trial.loop, contexts.wire, context->open(),
                  pm::tls::Session::Role::server);
    trial.kernel.accept_connect(fd);
    for (int turns = 0; turns < 8; ++turns) {
      trial.loop->turn();
      trial.kernel.deliver(server.fd, trial.kernel.take(fd, SIZE_MAX));
      trial.kernel.deliver(fd, trial.kernel.take(server.fd, SIZE_MAX));
    }
    CHECK(caller.connection != nullptr);
    caller.connection->close();
    const bool is_http2 = !trial.many.empty();
    trial.many.clear();
    return is_http2 ? Protocol::http2 : Protocol::http1;
  }
};

TEST(dial_tls, the_handshake_decides_what_is_spoken_and_is_remembered) {
  CHECK_FALSE(target().speaks_http2);

  CHECK(dial(target(), {"h2", "http/1.1"}) == Protocol::http2);
  CHECK_TRUE(target().speaks_http2);

  CHECK(dial(target(), {"http/1.1"}) == Protocol::http1);
  CHECK_FALSE(target().speaks_http2);
}

TEST(dial_tls, a_way_for_upgrades_is_http1_whatever_the_server_knows) {
  Target& http1 = trial.pool->http1_target(target());

  CHECK(dial(http1, {"h2", "http/1.1"}) == Protocol::http1);
}
