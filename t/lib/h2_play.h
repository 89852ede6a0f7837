// SPDX-License-Identifier: MIT
// h2_play.h -- a client, our server end, our client end and servers, through whatever a list of decisions makes of them.
//
//   in      Choices: who does what next, how many bytes move, how much time passes, who breaks
//   out     "" or what must not have happened: an exchange that ends twice or never, a byte that is not the one that was sent,
//           an end that nobody has sent, a frame beside the rules, memory that is not given back
//   shape   client (H2Peer) ── h2::Server ── exchange ── h2::Client ── server (H2Peer), all on one played kernel
//   source  RFC 9113; layout.md, "Flow control in one file"
#pragma once

#include "h2/client.h"
#include "h2/server.h"
#include "t/lib/choices.h"
#include "t/lib/fake_kernel.h"
#include "t/lib/h2_peer.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pm::test {

class H2Play final : private http::RequestHandler,
                     private h2::ServerOwner,
                     private http::ConnectionOwner,
                     private http::ExchangeEnd,
                     private http::Attempt,
                     private net::StreamUser {
 public:
  explicit H2Play(Choices choices);
  ~H2Play();
  std::string run();

 private:
  // One end of a connection that the play has: the peer, and the socket between it and us.
  struct Line {
    explicit Line(H2Peer::Role role) : peer(role) {}
    H2Peer peer;
    int fd = -1;
    bool is_gone = false;      // our end is closed
    bool is_tampered = false;  // the peer has said things that it should not have
    h2::Client* client = nullptr;
  };
  // A request on its way from one peer to the other, and back.
  struct Course {
    std::uint32_t down = 0;  // the stream
    std::uint32_t up = 0;
    Line* server = nullptr;  // that has heard of it
    std::size_t given = 0;   // bytes of the body that the client has let go
    std::size_t total = 0;
    std::size_t answered = 0;
    std::size_t answer_total = 0;
    int begun = 0;
    int ended = 0;
    int failed = 0;
    int retries = 0;
    std::vector<Line*> past;  // where it had been sent before
    Line* line = nullptr;     // where it has been sent
    bool has_answer = false;
    bool is_bodiless = false;
    bool request_ended = false;
    bool answer_ended = false;
    bool was_reset = false;  // by its client, or by its server
    bool was_left = false;   // by its client
  };

  // What may happen.
  void act();
  void ask();
  void give(Course& course);
  void answer(Course& course);
  void reset(Course& course);
  void disturb(Line& line);
  void tamper(Line& line);
  void change_settings(Line& line);
  void set_weather(Line& line);
  void carry(Line& line, std::size_t most);
  void pass(std::uint64_t ms);
  void finish();

  void turns();
  void find_new_streams();
  Line& some_line();
  Course* some_course();
  Line& open_up();
  Line* line_for(const Course& course);
  void forward(http::Exchange& exchange, Course& course, Line& line);
  bool send_again(http::Exchange& exchange, const Failure& failure);
  bool may_give(const Course& course);
  bool may_answer(const Course& course);
  std::string judge();
  std::string judge(std::size_t number, Course& course);
  static std::string bytes_of(std::size_t number, std::size_t from, std::size_t size);
  Course& course_of(http::Exchange& exchange);

  // The daemon's side.
  void on_request(http::Exchange& exchange) noexcept override;
  void on_exchange_end(http::Exchange& exchange) noexcept override;
  void on_failed(http::Exchange& exchange, const Failure& failure) noexcept override;
  void on_closed(h2::Server&) noexcept override;
  void on_idle(http::ClientConnection&) noexcept override {}
  void on_lingering(http::ClientConnection&) noexcept override {}
  void on_gone(http::ClientConnection& connection) noexcept override;
  void on_readable() noexcept override {}
  void on_drained() noexcept override {}
  void on_hangup() noexcept override {}
  void on_broken() noexcept override {}

  Choices choices_;
  FakeKernel kernel_;
  std::unique_ptr<net::Loop> loop_ = net::Loop::create_for_test(kernel_);
  http::CodecContext codecs_;
  h2::ServerContext context_{codecs_, *loop_};
  h2::ServerSettings server_settings_;
  h2::ClientSettings client_settings_;
  h2::Server* server_ = nullptr;
  Line down_{H2Peer::Role::client};
  std::vector<std::unique_ptr<Line>> ups_;
  std::vector<std::unique_ptr<Course>> courses_;
  std::string fault_;
  int closings_ = 0;
};

}  // namespace pm::test
