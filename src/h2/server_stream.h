// SPDX-License-Identifier: MIT
// server_stream.h -- one request of a client and its answer: the exchange's end towards the client.
//
//   own     its exchange, until both directions have ended or one side has failed; itself until the library has forgotten it
//   errors  the client left: 499, and whoever answers is cancelled. The answer cannot be finished: RST_STREAM(INTERNAL_ERROR)
//   source  RFC 9113 section 8; layout.md, "A request, room by room"
//
//   head ── complete ──► serving ── answer sent, request read ──► forgotten
//     │ malformed          │ answer sent, request not read: RST_STREAM(NO_ERROR)
//     ▼                    ▼
//   RST_STREAM(PROTOCOL_ERROR)
#pragma once

#include "h2/request_fields.h"
#include "h2/stream.h"
#include "http/body_rate.h"

namespace pm::h2 {

class Server;

class ServerStream final : public Stream, private http::ServerEnd {
 public:
  ServerStream(Server& server, std::int32_t id);
  ~ServerStream();

  // From within the library.
  void add_field(std::string_view name, std::string_view value);
  void refuse_fields() noexcept;
  void head_is_complete(bool ends) noexcept;
  bool is_flood() const noexcept { return fields_.fault() == FieldFault::flood; }

  void give_up(std::string_view why) noexcept;  // the connection is over
  void look_at_time(std::uint64_t now) noexcept;

 private:
  enum class State : std::uint8_t { head, ready, serving, done };

  // Stream
  void hand_over(const http::Chunk& chunk) noexcept override { exchange_->request_chunk(chunk); }
  void hand_over_end() noexcept override { exchange_->request_end(); }
  Flow flush_sink() noexcept override { return exchange_->flush_request(); }
  bool has_sink() const noexcept override { return exchange_ != nullptr; }
  void source_may_go_on() noexcept override;
  const http::Headers* trailers() const noexcept override;
  void on_begin() noexcept override;
  void on_change() noexcept override;
  // http::ServerEnd
  void resume_request(http::Exchange&) noexcept override;
  void hold_request(http::Exchange&) noexcept override { hold(); }
  void send_interim(http::Exchange&, std::uint16_t status,
                    const http::Headers& headers) noexcept override;
  void send_head(http::Exchange&) noexcept override;
  void send_chunk(http::Exchange&, const http::Chunk& chunk) noexcept override;
  void send_end(http::Exchange&) noexcept override { queue_end(); }
  Flow flush_response(http::Exchange&) noexcept override { return flush_queue(); }
  void cut(http::Exchange&) noexcept override;
  std::size_t room(http::Exchange&) noexcept override;

  bool is_short() const noexcept;
  bool is_too_slow(std::uint64_t now) noexcept;
  void serve() noexcept;
  void refuse(std::uint16_t status) noexcept;
  void submit(const http::Response& response, std::uint16_t status, bool has_body,
              bool has_length) noexcept;
  void client_gone() noexcept;
  void finish_if_done() noexcept;
  void drop_exchange() noexcept;
  Server& server() noexcept;

  http::Exchange* exchange_;
  RequestFields fields_;
  TrailerFields trailer_fields_;
  static constexpr std::uint64_t unknown = UINT64_MAX;
  std::uint64_t announced_ =
      unknown;  // length of the body; a middleware may change what the request says
  std::uint64_t began_ms_;
  http::BodyRate rate_;
  std::uint64_t rated_ = 0;        // bytes that the rate knows of
  std::uint64_t answered_ms_ = 0;  // the head of the answer was handed over
  std::uint64_t progress_ = 0;     // bytes that had left, and when they were last more
  std::uint64_t progress_ms_ = 0;
  State state_ = State::head;
  FieldFault fault_ = FieldFault::none;
  bool owes_continue_ = false;
  bool bodiless_ = false;
};

}  // namespace pm::h2
