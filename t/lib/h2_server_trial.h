// SPDX-License-Identifier: MIT
// h2_server_trial.h -- one client's connection to a real h2::Server, and a service that does as the test says.
//
//   in      what the client is to say (peer); the behaviour of the service; time, room in the socket
//   out     what the client heard; each exchange that was served, in their order; what is still lent by the pools
#pragma once

#include "h2/server.h"
#include "http/reply.h"
#include "t/lib/fake_kernel.h"
#include "t/lib/h2_peer.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pm::test {

// One exchange as its service sees it.
class Served final : public http::ClientEnd, public http::ExchangeEnd {
 public:
  enum class When : std::uint8_t { at_once, first_chunk, end, never };

  Served(http::Exchange& began, When answers, bool wants_body)
      : exchange(&began), method(began.request().method), when_(answers) {
    began.on_end = this;
    if (answers == When::at_once) {
      answer("done");
      return;
    }
    began.set_client_end(this);
    if (wants_body) began.resume_request();
  }
  void answer(std::string_view text, std::uint16_t status = 200) {
    http::reply(*exchange, status, exchange->arena().copy(text), http::BodyType::none);
  }
  // In steps.
  void begin(std::uint16_t status = 200) {
    exchange->response().status = status;
    exchange->response().framing = http::Framing::chunked;
    exchange->response_head();
  }
  Flow send(std::string_view bytes) {
    exchange->response_chunk({{&bytes, 1}, bytes.size()});
    return exchange == nullptr ? Flow::more : exchange->flush_response();
  }
  void end() {
    exchange->response_end();
    if (exchange == nullptr) return;
    exchange->set_client_end(nullptr);
    exchange->flush_response();
  }
  void cut() {
    exchange->set_client_end(nullptr);
    exchange->cut_response();
  }

  http::Exchange* exchange;  // null: it is over
  std::string method;
  std::string body;
  std::string trailers;
  http::Trace trace;  // at the end
  std::string termination;
  int ends = 0;
  int resumes = 0;
  bool request_ended = false;
  bool was_cancelled = false;
  Flow flow = Flow::more;

 private:
  void on_exchange_end(http::Exchange& over) noexcept override {
    trace = over.trace();
    termination = over.trace().termination;
    exchange = nullptr;
    ++ends;
  }
  void request_chunk(http::Exchange&, const http::Chunk& chunk) noexcept override {
    for (const std::string_view slice : chunk.slices)
      body += slice;
    if (when_ == When::first_chunk) answer("done");
  }
  void request_end(http::Exchange& whole) noexcept override {
    request_ended = true;
    for (const http::Field& field : whole.request().trailers)
      trailers += std::string(field.name) + ": " + std::string(field.value) + "\n";
    if (when_ == When::end) answer("done");
  }
  Flow flush_request(http::Exchange&) noexcept override { return flow; }
  void resume_response(http::Exchange&) noexcept override { ++resumes; }
  void cancel(http::Exchange&) noexcept override { was_cancelled = true; }

  When when_;
};

class H2ServerTrial final : private http::RequestHandler, private h2::ServerOwner {
 public:
  using When = Served::When;

  explicit H2ServerTrial(When answers = When::at_once) : when(answers) { codecs.loop = loop.get(); }
  ~H2ServerTrial() {
    kernel.begin_turn(true);
    if (server != nullptr) server->close();
    loop->turn();
  }
  void connect(std::string_view early = {}) {
    fd = kernel.add();
    server = h2::Server::open(net::Stream::open(*loop, fd, nobody_), {.context = &context,
                                                                      .settings = &settings,
                                                                      .handler = this,
                                                                      .owner = this,
                                                                      .client = {},
                                                                      .number = 1,
                                                                      .secure = nullptr});
    server->start(early);
    go();
  }
  // Carries bytes to and fro until both sides are silent.
  void go() {
    if (fd < 0) return connect();
    for (int i = 0; i < 1000; ++i) {
      if (!peer.say.empty()) kernel.deliver(fd, std::exchange(peer.say, {}));
      turns();
      const std::string bytes = kernel.take(fd);
      peer.read(bytes);
      if (bytes.empty() && peer.say.empty()) return;
    }
  }
  void turns() {
    for (int i = 0; i < 4; ++i) {
      kernel.begin_turn(true);
      loop->turn();
    }
  }
  void pass(std::uint64_t ms) {
    kernel.pass(ms);
    loop->tick();
    go();
  }
  std::uint32_t ask(H2Fields more = {}, std::string_view method = "GET", bool ends = true) {
    if (fd < 0) connect();
    H2Fields fields{
        {":method", std::string(method)}, {":scheme", "http"}, {":path", "/"}, {":authority", "a"}};
    fields.insert(fields.end(), more.begin(), more.end());
    const std::uint32_t stream = peer.ask(fields, ends);
    go();
    return stream;
  }
  std::uint32_t post(std::string_view body, bool ends = true) {
    const std::uint32_t stream = ask({}, "POST", false);
    peer.body(stream, body, ends);
    go();
    return stream;
  }
  void say(std::string_view bytes) {
    peer.say += bytes;
    go();
  }
  std::string story(std::uint32_t stream) { return peer.heard(stream).story(); }
  Served& served(std::size_t number = 0) { return *exchanges.at(number); }
  bool is_open() { return kernel.socket(fd).open; }
  bool has_ended() { return kernel.socket(fd).fin_out; }
  std::size_t lent() {
    return codecs.exchanges.lent() + codecs.blocks.lent() + loop->pools().small.lent() +
           loop->pools().large.lent();
  }

  FakeKernel kernel;
  std::unique_ptr<net::Loop> loop = net::Loop::create_for_test(kernel);
  http::CodecContext codecs;
  h2::ServerContext context{codecs, *loop};
  h2::ServerSettings settings;
  H2Peer peer{H2Peer::Role::client};
  h2::Server* server = nullptr;
  std::vector<std::unique_ptr<Served>> exchanges;
  When when;
  bool wants_body = true;
  int fd = -1;
  int closings = 0;

 private:
  struct Nobody final : net::StreamUser {
    void on_readable() noexcept override {}
    void on_drained() noexcept override {}
    void on_hangup() noexcept override {}
    void on_broken() noexcept override {}
  };
  void on_request(http::Exchange& began) noexcept override {
    exchanges.push_back(std::make_unique<Served>(began, when, wants_body));
  }
  void on_closed(h2::Server&) noexcept override {
    server = nullptr;
    ++closings;
  }

  Nobody nobody_;
};

}  // namespace pm::test
