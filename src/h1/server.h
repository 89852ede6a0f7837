// SPDX-License-Identifier: MIT
// server.h -- one HTTP/1 connection of a client: requests in, one exchange at a time, answers out in the same order.
//
//   in      an accepted stream, the settings of its entry point, the handler that serves requests
//   out     a call of on_request() for each good head; answers as RFC 9112 delimits them, one send a message part
//   own     the stream and the exchange; frees itself at the end of the turn in which it closes
//   errors  a head that can be read in two ways: its status, Connection: close, and nothing behind it is read
//   cost    idle: this object (168 bytes) and its stream, no buffer
//   source  RFC 9112; security.md sections 2 and 5; http-routing.md section 7
//
//            first byte            head complete                 both directions ended
//   idle ───────────────► head ────────────────► exchange ─────────────────────────────► idle
//    │                     │ refused                │ answered, body still coming: drain ──► idle
//    │ time, peer's end    ▼                        ▼ must close
//    └──────────────────► closing ◄─────────────────┘     (queue is sent, rest of the input discarded for a moment)
#pragma once

#include "core/buffer.h"
#include "h1/head.h"
#include "http/codec.h"
#include "net/stream.h"
#include "net/timer.h"

#include <memory>

namespace pm::h1 {

class Server;

// The rules of one entry point. Times in milliseconds, 0: none.
struct ServerSettings {
  HeadLimits limits;
  std::uint64_t head_timeout_ms = 60000;
  std::uint64_t read_timeout_ms = 60000;
  std::uint64_t write_timeout_ms = 0;
  std::uint64_t idle_timeout_ms = 180000;
  std::uint64_t stall_timeout_ms = 60000;  // no progress of a client that is being sent to
  std::uint64_t linger_timeout_ms =
      1000;  // discarding what a refused or answered client still sends
  std::uint64_t max_age_ms = 0;
  std::uint64_t max_requests = 0;
  std::uint64_t min_body_rate = 0;  // bytes a second; 0: any
  bool takes_http2 = false;         // with prior knowledge (RFC 9113 section 3.3)
};

class ServerOwner {
 public:
  virtual void on_closed(Server&) noexcept = 0;  // once; the object lives until the end of the turn
  // The client speaks HTTP/2 from its first byte, and settings take that: the stream is the owner's from now on, `early` is
  // good for the call. on_closed() does not follow.
  virtual void on_http2(Server&, net::Stream* stream, std::string_view) noexcept {
    stream->close();
  }

 protected:
  ~ServerOwner() = default;
};

// What the connections of one entry point share; outlives them.
struct ServerEntry {
  http::CodecContext* context = nullptr;
  http::RequestHandler* handler = nullptr;
  ServerOwner* owner = nullptr;
  ServerSettings settings;
};

class Server final : public ListNode<Server>,
                     private net::StreamUser,
                     private http::ServerEnd,
                     private net::Timer {
 public:
  // Takes the descriptor of an accepted socket. Null (and the socket closed) when the kernel refuses to watch it.
  // `early` holds bytes that were read already (behind a PROXY header).
  struct Options {
    const ServerEntry* entry = nullptr;
    Endpoint client;
    std::uint64_t number = 0;                   // of the connection, for logs: its low 32 bits
    std::unique_ptr<http::SecureFacts> secure;  // null: plain
  };
  const Endpoint& client() const noexcept { return client_; }
  std::uint64_t number() const noexcept { return number_; }
  static Server* open(int fd, Options options) noexcept;
  // The same over a stream that somebody else has opened and read from.
  static Server* adopt(net::Stream* stream, Options options, std::string_view early) noexcept;
  ~Server() override;

  void close() noexcept;          // at once, whatever runs
  void close_if_idle() noexcept;  // draining: no request is running and none has begun

 private:
  enum class State : std::uint8_t { idle, head, exchange, closing, closed };
  enum class Body : std::uint8_t { none, length, chunked, trailers, raw };
  explicit Server(Options options) noexcept;

  // net::StreamUser
  void on_readable() noexcept override;
  void on_drained() noexcept override;
  void on_blocked() noexcept override;
  void on_hangup() noexcept override;
  void on_broken() noexcept override;
  // net::Timer
  void on_timer() noexcept override;
  // http::ServerEnd
  void resume_request(http::Exchange&) noexcept override;
  void hold_request(http::Exchange&) noexcept override;
  void send_interim(http::Exchange&, std::uint16_t status,
                    const http::Headers& headers) noexcept override;
  void send_head(http::Exchange&) noexcept override;
  void send_chunk(http::Exchange&, const http::Chunk&) noexcept override;
  void send_end(http::Exchange&) noexcept override;
  Flow flush_response(http::Exchange&) noexcept override;
  net::Stream* raw_stream() noexcept override;
  void cut(http::Exchange&) noexcept override;

  // server_read.cc: the request's direction
  struct Batch;     // what one step of decoding brought
  struct Incoming;  // what only a body or a tunnel needs
  struct Head {     // what only an incomplete head needs
    HeadScan scan;
    std::uint64_t began_ms = 0;
  };
  struct Serving {                  // what only an exchange needs; times are 0 until then
    std::uint64_t request_ms = 0;   // first byte of the request
    std::uint64_t response_ms = 0;  // the response head was handed over
    std::uint64_t answered_ms = 0;  // the whole answer was handed over
    std::uint64_t body_left = 0;    // of a length
    Incoming* incoming = nullptr;   // of the exchange's arena, once a body is due
  };
  void read_some() noexcept;
  bool read_once(std::size_t& budget) noexcept;
  bool relay(std::size_t budget) noexcept;
  void take_input() noexcept;
  void take_head() noexcept;
  void begin_head() noexcept;
  bool may_be_http2() const noexcept;
  void give_away() noexcept;
  bool start_exchange(std::string_view block, Lines& lines) noexcept;
  void set_body(const http::Request& request) noexcept;
  bool deliver_body() noexcept;
  bool deliver_plain() noexcept;
  void deliver(const http::Chunk& chunk, bool is_last) noexcept;
  void decode(Batch& batch) noexcept;
  void decode_chunked(std::string_view input, Batch& batch) noexcept;
  void decode_trailers(std::string_view input, Batch& batch) noexcept;
  void end_request_body() noexcept;
  void body_fault(const char* why) noexcept;
  void peer_ended() noexcept;
  void discard() noexcept;
  void forget_incoming() noexcept;
  void tidy() noexcept;
  std::string_view input() const noexcept { return fresh_ == nullptr ? carry_.view() : *fresh_; }
  void advance(std::size_t count) noexcept;
  bool takes_input() const noexcept;

  // server.cc: life, the response's direction
  void enter(State next) noexcept;
  void refuse(const Fault& fault) noexcept;
  bool must_close(const http::Exchange& exchange) const noexcept;
  void response_flushed() noexcept;
  void finish_exchange() noexcept;
  void go_on() noexcept;
  void drop_exchange() noexcept;
  void client_gone() noexcept;
  void start_closing() noexcept;
  void end(net::Stream::Close how) noexcept;
  void leave() noexcept;
  void arm_for_state() noexcept;
  bool body_is_due() const noexcept { return body_ != Body::none; }
  // We read, and so it is the client that a slow body comes from.
  bool is_rated() const noexcept {
    return settings().min_body_rate != 0 && wants_body_ && body_is_due() && body_ != Body::raw;
  }
  std::uint64_t rate_deadline() const noexcept;  // while is_rated()
  // Answered, and the rest of the request is still being read.
  bool is_draining() const noexcept {
    return is_running() && exchange_->response_ended() && !exchange_->is_tunnel();
  }
  bool is_running() const noexcept { return state_ == State::exchange && exchange_ != nullptr; }
  const ServerSettings& settings() const noexcept { return entry_->settings; }
  net::Loop& loop() noexcept { return *entry_->context->loop; }

  // There are many connections, and most are idle: what only a state needs is elsewhere while another one lasts. The first
  // member lies in the padding of the last base.
  std::uint32_t requests_ = 0;
  net::Stream* stream_ = nullptr;
  http::Exchange* exchange_ = nullptr;
  const ServerEntry* entry_;
  union {
    Head* head_ = nullptr;        // State::head; owned
    Serving* serving_;            // State::exchange; of the exchange's arena
    std::uint64_t discard_left_;  // State::closing: bytes that may still be discarded
  };
  ByteBuffer carry_;  // unread bytes that had to wait
  // Unread bytes in the worker's read buffer; null when the outermost call returns.
  std::string_view* fresh_ = nullptr;
  std::uint64_t opened_ms_;
  std::unique_ptr<http::SecureFacts> secure_;  // null: plain
  Endpoint client_;
  std::uint32_t number_;
  State state_ = State::idle;
  Body body_ = Body::none;
  bool wants_body_ : 1 = false;     // the sink asked for more
  bool owes_continue_ : 1 = false;  // the client waits for 100
  bool close_ : 1 = false;          // this answer is the last
  bool chunked_out_ : 1 = false;
  bool bodiless_ : 1 = false;  // HEAD, 204, 304: no body byte leaves
};

}  // namespace pm::h1
