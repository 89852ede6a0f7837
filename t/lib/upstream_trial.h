// SPDX-License-Identifier: MIT
// upstream_trial.h -- the room upstream between a scripted client end and connections that a test plays.
//
//   in      requests made by the test; connections answer, fail or stay silent as it says
//   out     what the client saw; which connections there are and what they were asked
#pragma once

#include "http/client.h"
#include "net/stream.h"
#include "t/lib/fake_kernel.h"
#include "t/lib/played_many.h"
#include "upstream/load_balancer.h"

#include <memory>
#include <string>
#include <vector>

namespace pm::test {

// A connection to a server without a codec.
class PlayedConnection final : public http::ClientConnection,
                               public http::ClientEnd,
                               public net::Mortal {
 public:
  PlayedConnection(net::Stream* socket, http::ConnectionOwner& keeper)
      : stream(socket), owner(&keeper), opened(socket->loop().now_ms()) {}

  void begin(http::Exchange& what, http::Attempt& who,
             const http::ForwardOptions& how) noexcept override {
    exchange = &what;
    attempt = &who;
    options = how;
    ++begun;
    what.set_client_end(this);
  }
  bool is_usable() const noexcept override { return usable; }
  void close() noexcept override {
    if (stream == nullptr) return;
    net::Loop& loop = stream->loop();
    stream->close();
    stream = nullptr;
    owner->on_gone(*this);
    loop.reactor().retire(static_cast<net::Mortal*>(this));
  }
  std::uint64_t opened_ms() const noexcept override { return opened; }
  void set_idle_deadline(std::uint64_t at) noexcept override { idle_deadline = at; }
  void request_chunk(http::Exchange&, const http::Chunk&) noexcept override {}
  void request_end(http::Exchange&) noexcept override {}
  Flow flush_request(http::Exchange&) noexcept override { return Flow::more; }
  void resume_response(http::Exchange&) noexcept override {}
  void cancel(http::Exchange&) noexcept override {
    exchange = nullptr;
    close();
  }

  // The test's side.
  void fail(http::Attempt::Failure failure) {
    http::Exchange& failed = *std::exchange(exchange, nullptr);
    failed.set_client_end(nullptr);
    close();
    attempt->on_failed(failed, failure);
  }
  void answer(std::uint16_t status) {
    http::Exchange& done = *std::exchange(exchange, nullptr);
    done.response().status = status;
    done.set_client_end(nullptr);
    done.response_head();
    done.response_end();
    done.flush_response();
    owner->on_idle(*this);
  }

  net::Stream* stream;
  http::ConnectionOwner* owner;
  http::Exchange* exchange = nullptr;
  http::Attempt* attempt = nullptr;
  http::ForwardOptions options;
  std::uint64_t opened;
  std::uint64_t idle_deadline = 0;
  int begun = 0;
  bool usable = true;
};

// The client's end of one exchange.
class PlayedClient final : public http::ServerEnd {
 public:
  explicit PlayedClient(BlockPool& blocks, std::string_view method = "GET")
      : exchange(std::make_unique<http::Exchange>(blocks, *this)) {
    exchange->request().method = method;
    exchange->request().path = "/";
    exchange->note_empty_request();
  }
  ~PlayedClient() {
    if (exchange != nullptr) leave();
  }
  void leave() {
    exchange->cancel_client_end();
    exchange.reset();
  }
  void resume_request(http::Exchange&) noexcept override { is_pulled = true; }
  void hold_request(http::Exchange&) noexcept override { is_pulled = false; }
  void send_interim(http::Exchange&, std::uint16_t, const http::Headers&) noexcept override {}
  void send_head(http::Exchange& what) noexcept override { status = what.response().status; }
  void send_chunk(http::Exchange&, const http::Chunk& chunk) noexcept override {
    for (const std::string_view slice : chunk.slices)
      body += slice;
  }
  void send_end(http::Exchange&) noexcept override { is_answered = true; }
  Flow flush_response(http::Exchange&) noexcept override { return Flow::more; }
  void cut(http::Exchange&) noexcept override { was_cut = true; }

  std::unique_ptr<http::Exchange> exchange;
  int status = 0;
  std::string body;
  bool is_pulled = false;  // the body is wanted
  bool is_answered = false;
  bool was_cut = false;
};

class UpstreamTrial final : private upstream::Connector {
 public:
  explicit UpstreamTrial(upstream::TransportSettings settings = {},
                         const shm::Names* names = nullptr) {
    upstream::Connector& connector = *this;
    pool = std::make_unique<upstream::Pool>(*loop, names, connector, settings);
  }
  ~UpstreamTrial() {
    pool.reset();
    loop->turn();
  }
  upstream::Target& target(const char* host = "10.0.0.1") { return pool->target(host, 80); }
  upstream::Target& h2c_target(const char* host = "10.0.0.1") {
    return pool->target(host, 80, upstream::Scheme::h2c);
  }
  // A connection that was dialled and taken over, as Dial would do it.
  PlayedConnection* open(upstream::Target& to) {
    pool->dial_began(to);
    return static_cast<PlayedConnection*>(
        pool->adopt(to, net::Stream::open(*loop, kernel.add(), silent_)));
  }
  PlayedMany* open_many(upstream::Target& to) {
    pool->dial_began(to);
    return static_cast<PlayedMany*>(pool->adopt(to, net::Stream::open(*loop, kernel.add(), silent_),
                                                upstream::Protocol::http2));
  }
  void pass(std::uint64_t ms) {
    kernel.pass(ms);
    loop->tick();
    loop->turn();
  }
  void connect_all() {
    for (const int fd : kernel.connected())
      kernel.accept_connect(fd);
    loop->turn();
  }

  FakeKernel kernel;
  std::unique_ptr<net::Loop> loop = net::Loop::create_for_test(kernel);
  BlockPool blocks{4096};
  std::vector<PlayedConnection*> connections;  // in the order in which they were opened
  std::vector<PlayedMany*> many;               // likewise; null: closed
  std::uint32_t limit = 100;                   // exchanges at once on each of those
  std::unique_ptr<upstream::Pool> pool;
  bool has_http2 = true;  // the codec is there

 private:
  struct Silent final : net::StreamUser {
    void on_readable() noexcept override {}
    void on_drained() noexcept override {}
    void on_hangup() noexcept override {}
    void on_broken() noexcept override {}
  };
  http::ClientConnection* adopt(net::Stream* stream, http::ConnectionOwner& owner,
                                const upstream::TransportSettings&,
                                upstream::Protocol protocol) noexcept override {
    if (!speaks(protocol)) {
      stream->close();
      return nullptr;
    }
    stream->set_user(silent_);
    if (protocol == upstream::Protocol::http2) return new PlayedMany(stream, owner, limit, many);
    return connections.emplace_back(new PlayedConnection(stream, owner));
  }
  bool speaks(upstream::Protocol protocol) const noexcept override {
    return has_http2 || protocol == upstream::Protocol::http1;
  }

  Silent silent_;
};

}  // namespace pm::test
