// SPDX-License-Identifier: MIT
// client.h -- one HTTP/2 connection to a server: as many exchanges at once as the server allows.
//
//   in      a connected stream on which HTTP/2 is known to be spoken; exchanges to carry
//   out     requests and answers in frames; to the owner: a place is free, it carries nothing, it takes no more, it is gone
//   own     the stream; frees itself at the end of the turn in which it closes
//   errors  an Outcome to the Attempt of each exchange whose answer has not begun, a cut of the others. What the server says that
//           it has not looked at (REFUSED_STREAM, GOAWAY) may be sent again
//   source  RFC 9113; http-services.md sections 6 and 7; security.md section 3
#pragma once

#include "h2/request_fields.h"
#include "h2/session.h"
#include "http/client.h"

namespace pm::h2 {

class ClientStream;

struct ClientSettings {
  FieldLimits limits;
  SessionSettings session;
  std::uint32_t most_streams = 1000;  // however many the server allows
  std::uint64_t read_idle_ms =
      0;  // after such a silence the server is asked whether it is there; 0: never
  std::uint64_t ping_timeout_ms = 15000;
};

class Client final : public Session, public http::ClientConnection {
 public:
  // Null, and the stream closed, when there is no memory.
  static Client* open(net::Stream* stream, http::ConnectionOwner& owner, Flusher& flusher,
                      const ClientSettings& settings) noexcept;
  ~Client() override;

  // http::ClientConnection
  void begin(http::Exchange& exchange, http::Attempt& attempt,
             const http::ForwardOptions& options) noexcept override;
  bool is_usable() const noexcept override { return room() > 0; }
  std::uint32_t room() const noexcept override;
  void expect_room(std::uint32_t room) noexcept override { allowed_ = room; }
  void close() noexcept override { Session::close(); }
  std::uint64_t opened_ms() const noexcept override { return Session::opened_ms(); }
  void set_idle_deadline(std::uint64_t deadline_ms) noexcept override;

 private:
  friend class ClientStream;
  Client(net::Stream* stream, http::ConnectionOwner& owner, Flusher& flusher,
         const ClientSettings& settings) noexcept;
  bool greet() noexcept;

  // Session
  void on_begin_headers(const nghttp2_frame& frame) noexcept override;
  void on_field(const nghttp2_frame& frame, std::string_view name,
                std::string_view value) noexcept override;
  void on_bad_field(const nghttp2_frame& frame) noexcept override;
  void on_headers(const nghttp2_frame& frame) noexcept override;
  void on_head_sent(Stream& stream) noexcept override;
  void on_ping_answer() noexcept override { asked_ms_ = 0; }
  void on_goaway(const nghttp2_frame&) noexcept override;
  void on_settings() noexcept override;
  void on_settled() noexcept override;
  void on_over() noexcept override;
  void on_gone() noexcept override;
  void on_tick() noexcept override;

  ClientStream* stream_of(const nghttp2_frame& frame) noexcept;
  void forget(ClientStream& stream) noexcept;
  void look_by(std::uint64_t deadline_ms) noexcept;
  void arm() noexcept;
  void ask_for_life(std::uint64_t now) noexcept;

  http::ConnectionOwner* owner_;
  ClientSettings settings_;
  std::uint64_t carried_ = 0;  // exchanges that have ended well
  std::uint64_t idle_until_ms_ = 0;
  std::uint64_t asked_ms_ = 0;  // a PING is on its way; 0: none
  std::uint64_t look_ms_ = 0;   // when the timer is set for
  std::uint32_t allowed_;       // streams, by the server
  bool is_secure_;
  bool is_draining_ = false;  // no stream may begin any more
  bool told_draining_ = false;
  bool became_idle_ = false;
  bool has_room_ = false;  // there is some where there was none
};

}  // namespace pm::h2
