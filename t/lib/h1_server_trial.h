// SPDX-License-Identifier: MIT
// h1_server_trial.h -- one client's connection to a real h1::Server, and a service that does as the test says.
//
//   in      say(): bytes of the client; the behaviour of the service; time
//   out     hear(): what the client got since it last listened; what the exchange's trace said at its end
#pragma once

#include "h1/server.h"
#include "http/reply.h"
#include "t/lib/fake_kernel.h"

#include <memory>
#include <string>
#include <string_view>

namespace pm::test {

class ServerTrial final : private http::RequestHandler,
                          private h1::ServerOwner,
                          private http::ExchangeEnd,
                          private http::ClientEnd {
 public:
  // When the service answers "done" with 200; never: the test does it.
  enum class When : std::uint8_t { at_once, first_chunk, end, flush, never };

  explicit ServerTrial(When answers = When::at_once) : when(answers) { context.loop = loop.get(); }
  ~ServerTrial() {
    if (server != nullptr) server->close();
    loop->turn();
  }
  void connect() {
    fd = kernel.add();
    server = h1::Server::open(fd, {.entry = &entry, .client = {}, .number = 1, .secure = nullptr});
    loop->turn();
  }
  // What comes back for these bytes, the date left out.
  std::string say(std::string_view bytes) {
    if (fd < 0) connect();
    kernel.deliver(fd, bytes);
    turns();
    return hear();
  }
  std::string hear() {
    std::string text;
    for (std::string more = kernel.take(fd); !more.empty(); more = kernel.take(fd)) {
      text += more;
      turns();
    }
    for (std::size_t at = text.find("Date: "); at != std::string::npos; at = text.find("Date: "))
      text.erase(at, text.find('\n', at) - at + 1);
    return text;
  }
  void turns() {
    for (int i = 0; i < 8; ++i) {
      kernel.begin_turn(true);
      loop->turn();
    }
  }
  void pass(std::uint64_t ms) {
    kernel.pass(ms);
    loop->tick();
    turns();
  }
  void answer(std::string_view text, std::uint16_t status = 200) {
    http::reply(*exchange, status, exchange->arena().copy(text), http::BodyType::none);
  }
  bool is_open() { return kernel.socket(fd).open; }
  bool has_ended() { return kernel.socket(fd).fin_out; }
  std::size_t lent() {
    return context.exchanges.lent() + context.blocks.lent() + loop->pools().small.lent() +
           loop->pools().large.lent();
  }

  FakeKernel kernel;
  std::unique_ptr<net::Loop> loop = net::Loop::create_for_test(kernel);
  http::CodecContext context;
  h1::ServerEntry entry{.context = &context, .handler = this, .owner = this, .settings = {}};
  h1::ServerSettings& settings = entry.settings;
  When when;
  h1::Server* server = nullptr;
  http::Exchange* exchange = nullptr;
  http::Trace ended;  // of the last exchange
  int exchanges = 0;
  int ends = 0;
  int resumes = 0;
  int fd = -1;
  bool wants_body = true;
  Flow flow = Flow::more;
  std::string body;

 private:
  void on_request(http::Exchange& began) noexcept override {
    ++exchanges;
    exchange = &began;
    began.on_end = this;
    body.clear();
    if (when == When::at_once) return answer("done");
    began.set_client_end(this);
    if (wants_body) began.resume_request();
  }
  void on_closed(h1::Server&) noexcept override { server = nullptr; }
  void on_exchange_end(http::Exchange& over) noexcept override {
    ended = over.trace();
    ended.termination = keep_ = std::string(over.trace().termination);
    exchange = nullptr;
    ++ends;
  }
  void request_chunk(http::Exchange&, const http::Chunk& chunk) noexcept override {
    for (const std::string_view slice : chunk.slices)
      body += slice;
    if (when == When::first_chunk) answer("done");
  }
  void request_end(http::Exchange&) noexcept override {
    if (when == When::end) answer("done");
  }
  Flow flush_request(http::Exchange&) noexcept override {
    if (when == When::flush) answer("done");
    return flow;
  }
  void resume_response(http::Exchange&) noexcept override { ++resumes; }
  void cancel(http::Exchange&) noexcept override {}

  std::string keep_;
};

}  // namespace pm::test
