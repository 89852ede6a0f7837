// SPDX-License-Identifier: MIT
// client.h -- one HTTP/1 connection to a server: one exchange at a time, kept between them by its owner.
//
//   in      a connected stream, an Exchange to carry
//   out     the request as RFC 9112 delimits it, one send a message part; the answer, handed to the exchange as it comes
//   own     the stream; frees itself at the end of the turn in which it closes
//   errors  an Outcome to the Attempt before the answer has begun, a cut of the answer afterwards. A connection on which
//           anything was odd is never used again
//   source  RFC 9112; security.md section 3; http-services.md section 7
//
//   idle ── begin ──► head ── 1xx ──► head ── final ──► body ── end, all read, all sent ──► idle
//    │ any event       │ fault: Attempt::on_failed      │ fault: the client sees a cut
//    ▼                 ▼                                ▼
//   closed           closed                           closed            101: tunnel until both sides have ended
//
// An answer that is dropped when little of it is left is read to its end (draining): decision 49.
#pragma once

#include "core/buffer.h"
#include "h1/chunk.h"
#include "h1/head.h"
#include "http/client.h"
#include "net/relay.h"
#include "net/stream.h"
#include "net/timer.h"

namespace pm::h1 {

class Client final : public http::ClientConnection,
                     private http::ClientEnd,
                     public net::Mortal,
                     private net::StreamUser,
                     private net::Timer {
 public:
  // Takes a connected stream over.
  static Client* adopt(net::Stream* stream, http::ConnectionOwner& owner,
                       const HeadLimits& limits) noexcept;
  ~Client() override;

  void begin(http::Exchange& exchange, http::Attempt& attempt,
             const http::ForwardOptions& options) noexcept override;
  bool is_usable() const noexcept override {
    return state_ == State::idle && !stream_->is_readable() && !stream_->saw_hangup();
  }
  void close() noexcept override;
  std::uint64_t opened_ms() const noexcept override { return opened_ms_; }
  void set_idle_deadline(std::uint64_t deadline_ms) noexcept override;

 private:
  // closing: a tunnel that both sides have ended, but for bytes that the server has not taken yet.
  enum class State : std::uint8_t { idle, head, body, tunnel, draining, closing, closed };
  Client(net::Stream* stream, http::ConnectionOwner& owner, const HeadLimits& limits) noexcept;

  // http::ClientEnd
  void request_chunk(http::Exchange&, const http::Chunk&) noexcept override;
  void request_end(http::Exchange&) noexcept override;
  Flow flush_request(http::Exchange&) noexcept override;
  net::Stream* raw_stream() noexcept override;
  void resume_response(http::Exchange&) noexcept override;
  void cancel(http::Exchange&) noexcept override;
  void drop(http::Exchange& exchange) noexcept override;
  // net::StreamUser
  void on_readable() noexcept override;
  void on_drained() noexcept override;
  void on_hangup() noexcept override;
  void on_broken() noexcept override;
  void on_timer() noexcept override;

  // client.cc: the request's direction and the connection's life
  void put_head() noexcept;
  void put_last_chunk() noexcept;
  void stop_waiting_for_continue() noexcept;
  void request_is_out() noexcept;
  void fail(http::Outcome outcome) noexcept;
  void fault(http::Outcome outcome) noexcept;
  void give_up(net::Stream::Close how = net::Stream::Close::orderly) noexcept;
  void leave_tunnel() noexcept;
  net::Loop& loop() noexcept { return stream_->loop(); }

  // client_read.cc: the answer's direction
  bool read_once(std::size_t& budget) noexcept;
  bool relay(std::size_t budget) noexcept;
  bool relay_body(std::size_t budget) noexcept;
  bool relays_body() const noexcept;
  net::Relay::Step move_to(net::Stream& sink, std::size_t budget, std::size_t most) noexcept;
  void note_step(net::Relay::Step step) noexcept;
  void take(std::string_view& bytes) noexcept;
  void keep(std::string_view rest) noexcept;
  bool take_head(std::string_view& bytes) noexcept;
  bool take_interim(http::Response& response, const ResponseHead& head) noexcept;
  bool take_final(http::Response& response, const ResponseHead& head) noexcept;
  void open_tunnel() noexcept;
  bool take_body(std::string_view& bytes) noexcept;
  bool take_chunked(std::string_view& bytes) noexcept;
  bool take_trailers(std::string_view& bytes) noexcept;
  void end_of_answer(bool clean) noexcept;
  void become_idle() noexcept;
  void server_ended() noexcept;

  // client_drain.cc: what nobody reads
  bool drain(std::string_view bytes) noexcept;
  bool drain_body(std::string_view& bytes) noexcept;

  net::Stream* stream_;
  http::ConnectionOwner* owner_;
  http::Exchange* exchange_ = nullptr;
  http::Attempt* attempt_ = nullptr;
  HeadLimits limits_;
  http::ForwardOptions options_;
  HeadScan scan_;
  ChunkReader chunks_;
  net::Relay relay_;  // of a tunnel or a long body, towards the client
  ByteBuffer carry_;  // an unfinished head or trailer section
  std::uint64_t body_left_ = 0;
  std::uint64_t opened_ms_;
  std::uint64_t head_due_ms_ = 0;  // responseHeaderTimeout, once the request is out
  std::uint64_t continue_due_ms_ = 0;
  std::uint64_t carried_ = 0;  // exchanges
  std::uint64_t drained_ = 0;  // bytes of a dropped answer
  std::uint32_t interims_ = 0;
  State state_ = State::idle;
  http::Framing framing_ =
      http::Framing::none;  // of the answer as it comes; middlewares may change the other one
  bool chunked_out_ = false;
  bool keep_ = false;      // the answer allows another exchange
  bool answered_ = false;  // a byte of the answer has come
  bool in_trailers_ = false;
  bool waits_for_continue_ = false;
  bool large_reads_ = false;  // the last read was full and its write left nothing behind
  bool server_done_ = false;  // tunnel: the server has ended its side
};

}  // namespace pm::h1
