// SPDX-License-Identifier: MIT
// h1_pair.h -- a Server and a Client back to back, between a client and a server that a test plays.
//
//   in      bytes of either peer (`kernel`, `client`, `server`), time
//   out     what the other peer gets, and what the exchange's trace said at its end
//
// Each request goes to one connection to one server, which is kept while it can be. At the end nothing may be left.
#pragma once

#include "h1/client.h"
#include "h1/server.h"
#include "t/lib/fake_kernel.h"

#include <CppUTest/TestHarness.h>

#include <memory>
#include <string>
#include <utility>

namespace pm::test {

class Pair : private http::RequestHandler,
             private h1::ServerOwner,
             private http::ExchangeEnd,
             private http::ConnectionOwner,
             private http::Attempt {
 public:
  Pair(std::size_t pipes, std::size_t pipe_size) {
    if (pipes > 0)
      loop->set_pipes(
          net::Pipes::make({.count = pipes, .size = pipe_size, .least_size = pipe_size}));
    context.loop = loop.get();
    client = kernel.add();
    server = kernel.add();
    end = h1::Server::open(client, {.entry = &entry, .client = {}, .number = 1, .secure = nullptr});
    turns();
    kernel.set_window(client, SIZE_MAX);
    kernel.set_window(server, SIZE_MAX);
  }
  ~Pair() {
    if (end != nullptr) end->close();
    turns();
    if (idle != nullptr) idle->close();
    turns();
    LONGS_EQUAL(0, loop->pipes().lent());
    LONGS_EQUAL(0, kernel.in_pipes());
    LONGS_EQUAL(0, loop->pools().small.lent() + loop->pools().large.lent());
    LONGS_EQUAL(0, kernel.open_sockets());
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;

  void turns(int count = 8) {
    for (int i = 0; i < count; ++i) {
      kernel.begin_turn(true);
      loop->turn();
    }
  }
  void pass(std::uint64_t ms) {
    kernel.pass(ms);
    loop->tick();
    turns();
  }

  FakeKernel kernel;
  std::unique_ptr<net::Loop> loop = net::Loop::create_for_test(kernel);
  http::CodecContext context;
  h1::ServerEntry entry{.context = &context, .handler = this, .owner = this, .settings = {}};
  h1::ServerSettings& settings = entry.settings;
  h1::Server* end = nullptr;
  http::ClientConnection* idle = nullptr;
  http::Trace trace;  // of the last exchange, at its end
  std::string termination;
  int opened = 0;  // connections to the server
  int ended = 0;   // exchanges
  int client = -1;
  int server = -1;

 private:
  struct Nobody final : net::StreamUser {
    void on_readable() noexcept override {}
    void on_drained() noexcept override {}
    void on_hangup() noexcept override {}
    void on_broken() noexcept override {}
  };
  void on_request(http::Exchange& exchange) noexcept override {
    exchange.on_end = this;
    if (idle != nullptr) return std::exchange(idle, nullptr)->begin(exchange, *this, {});
    ++opened;
    net::Stream* stream = net::Stream::open(*loop, server, nobody_);
    h1::Client::adopt(stream, *this, {})->begin(exchange, *this, {});
  }
  void on_closed(h1::Server&) noexcept override { end = nullptr; }
  void on_exchange_end(http::Exchange& over) noexcept override {
    ++ended;
    trace = over.trace();
    trace.termination = termination = std::string(over.trace().termination);
  }
  void on_idle(http::ClientConnection& connection) noexcept override { idle = &connection; }
  void on_lingering(http::ClientConnection&) noexcept override {}
  void on_gone(http::ClientConnection& connection) noexcept override {
    if (idle == &connection) idle = nullptr;
  }
  void on_failed(http::Exchange&, const Failure&) noexcept override {}

  Nobody nobody_;
};

}  // namespace pm::test
