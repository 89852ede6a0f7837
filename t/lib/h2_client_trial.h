// SPDX-License-Identifier: MIT
// h2_client_trial.h -- a real h2::Client between exchanges that a test plays and a server that it plays as well.
//
//   in      ask(): an exchange of the test's making; what the server is to say (peer); time
//   out     what the client's end of each exchange saw, why it failed; what the owner of the connection was told
#pragma once

#include "h2/client.h"
#include "t/lib/fake_kernel.h"
#include "t/lib/h2_peer.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pm::test {

// One exchange as its client sees it: what it wants to send, what it got.
class Asked final : public http::ServerEnd, public http::Attempt {
 public:
  explicit Asked(BlockPool& blocks, std::string_view method = "GET")
      : exchange(std::make_unique<http::Exchange>(blocks, *this)) {
    http::Request& request = exchange->request();
    request.method = method;
    request.path = "/";
    request.authority = "a";
  }
  ~Asked() {
    if (exchange != nullptr) leave();
  }
  // The client is gone, or has had all.
  void leave() {
    exchange->cancel_client_end();
    exchange.reset();
  }
  // Bytes for the server; they go when they are wanted.
  void give(std::string_view bytes, bool is_last = true) {
    pending += bytes;
    ends_body = is_last;
    if (is_pulled) hand_over();
  }
  // "103 200 body end", "200 part cut", "failed".
  std::string story() const {
    std::string text = statuses;
    const auto add = [&text](std::string_view word) {
      if (!text.empty() && !word.empty()) text += ' ';
      text += word;
    };
    add(body.size() > 40 ? "[" + std::to_string(body.size()) + "]" : body);
    if (ends > 0) add("end");
    if (cuts > 0) add("cut");
    if (failure) add("failed");
    return text;
  }

  std::unique_ptr<http::Exchange> exchange;
  std::optional<Failure> failure;
  std::string statuses;
  std::string body;
  std::string pending;
  std::string sent;
  Flow flow = Flow::more;
  int heads = 0;
  int failures = 0;
  int ends = 0;
  int cuts = 0;
  bool ends_body = true;
  bool is_pulled = false;

 private:
  void hand_over() {
    if (exchange->request_ended()) return;
    const std::size_t piece = 16384;
    while (is_pulled && !pending.empty()) {
      const std::string bytes = pending.substr(0, piece);
      pending.erase(0, bytes.size());
      sent += bytes;
      const std::string_view view = bytes;
      exchange->request_chunk({{&view, 1}, view.size()});
      if (exchange->flush_request() == Flow::hold) is_pulled = false;
    }
    if (is_pulled && pending.empty() && ends_body) exchange->request_end();
  }
  void resume_request(http::Exchange&) noexcept override {
    is_pulled = true;
    hand_over();
  }
  void hold_request(http::Exchange&) noexcept override { is_pulled = false; }
  void send_interim(http::Exchange&, std::uint16_t status, const http::Headers&) noexcept override {
    note(status);
  }
  void send_head(http::Exchange& what) noexcept override {
    note(what.response().status);
    ++heads;
  }
  void send_chunk(http::Exchange&, const http::Chunk& chunk) noexcept override {
    for (const std::string_view slice : chunk.slices)
      body += slice;
  }
  void send_end(http::Exchange&) noexcept override { ++ends; }
  Flow flush_response(http::Exchange&) noexcept override { return flow; }
  void cut(http::Exchange&) noexcept override { ++cuts; }
  void on_failed(http::Exchange&, const Failure& why) noexcept override {
    failure = why;
    ++failures;
  }
  void note(std::uint16_t status) {
    if (!statuses.empty()) statuses += ' ';
    statuses += std::to_string(status);
  }
};

class H2ClientTrial final : private http::ConnectionOwner {
 public:
  ~H2ClientTrial() {
    kernel.begin_turn(true);
    asked.clear();
    if (client != nullptr) client->close();
    loop->turn();
  }
  void connect() {
    fd = kernel.add();
    client = h2::Client::open(net::Stream::open(*loop, fd, nobody_), *this, flusher, settings);
    go();
  }
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
  Asked& make(std::string_view method = "GET") {
    if (fd < 0) connect();
    return *asked.emplace_back(std::make_unique<Asked>(blocks, method));
  }
  void begin(Asked& what, std::uint64_t head_timeout_ms = 0) {
    client->begin(*what.exchange, what,
                  {.host = {}, .path_prefix = {}, .head_timeout_ms = head_timeout_ms});
  }
  Asked& ask(std::uint64_t head_timeout_ms = 0) {
    Asked& what = make();
    what.exchange->note_empty_request();
    begin(what, head_timeout_ms);
    go();
    return what;
  }
  Asked& post(std::string_view body, bool is_last = true) {
    Asked& what = make("POST");
    what.exchange->request().framing = http::Framing::chunked;
    what.give(body, is_last);
    begin(what);
    go();
    return what;
  }
  void answer(std::uint32_t stream, std::string_view body = "done") {
    peer.head(stream, {{":status", "200"}});
    peer.body(stream, body);
    go();
  }
  void say(std::string_view bytes) {
    peer.say += bytes;
    go();
  }
  std::string heard(std::uint32_t stream) { return peer.heard(stream).story(); }
  bool is_open() { return kernel.socket(fd).open; }
  std::size_t lent() { return loop->pools().small.lent() + loop->pools().large.lent(); }

  FakeKernel kernel;
  std::unique_ptr<net::Loop> loop = net::Loop::create_for_test(kernel);
  BlockPool blocks{4096};
  h2::Flusher flusher{*loop};
  h2::ClientSettings settings;
  H2Peer peer{H2Peer::Role::server};
  h2::Client* client = nullptr;
  std::vector<std::unique_ptr<Asked>> asked;
  int fd = -1;
  int idle = 0;
  int rooms = 0;
  int drainings = 0;
  int gone = 0;

 private:
  struct Nobody final : net::StreamUser {
    void on_readable() noexcept override {}
    void on_drained() noexcept override {}
    void on_hangup() noexcept override {}
    void on_broken() noexcept override {}
  };
  void on_idle(http::ClientConnection&) noexcept override { ++idle; }
  void on_lingering(http::ClientConnection&) noexcept override {}
  void on_room(http::ClientConnection&) noexcept override { ++rooms; }
  void on_draining(http::ClientConnection&) noexcept override { ++drainings; }
  void on_gone(http::ClientConnection&) noexcept override {
    client = nullptr;
    ++gone;
  }

  Nobody nobody_;
};

}  // namespace pm::test
