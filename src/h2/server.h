// SPDX-License-Identifier: MIT
// server.h -- one HTTP/2 connection of a client: many exchanges at once, each a stream of its own.
//
//   in      a stream on which HTTP/2 was agreed or whose first bytes are the preface; the settings of its entry point, the
//           handler that serves requests
//   out     a call of on_request() for each good head; answers in frames, the most urgent first (RFC 9218)
//   own     the stream, and the exchanges of its streams; frees itself at the end of the turn in which it closes
//   errors  a malformed request: RST_STREAM; more than is allowed: 431, 414; abuse: GOAWAY(ENHANCE_YOUR_CALM)
//   cost    one timer for all streams, which looks at each of them once a second while there are some
//   source  RFC 9113, RFC 8441, RFC 9218; security.md sections 4 and 5; http-routing.md section 7
//
//   serving ── drain ──► told (GOAWAY 2^31-1, PING) ── answer, or a second ──► leaving (GOAWAY last) ── last stream ──► over
#pragma once

#include "h2/frame_walk.h"
#include "h2/request_fields.h"
#include "h2/session.h"
#include "http/codec.h"

#include <memory>
#include <vector>

namespace pm::h2 {

class Server;
class ServerStream;

// The rules of one entry point; outlives its connections. Times in milliseconds, 0: none.
struct ServerSettings {
  FieldLimits limits;
  SessionSettings session;
  std::uint32_t max_streams = 250;
  std::uint64_t head_timeout_ms = 60000;
  std::uint64_t read_timeout_ms = 60000;
  std::uint64_t write_timeout_ms = 0;
  std::uint64_t idle_timeout_ms = 180000;
  std::uint64_t stall_timeout_ms = 60000;
  std::uint64_t max_age_ms = 0;
  std::uint64_t max_requests = 0;
  std::uint64_t min_body_rate = 0;  // bytes a second; 0: any
};

// What all connections of a worker share.
struct ServerContext {
  ServerContext(http::CodecContext& shared, net::Loop& loop) noexcept
      : codecs(&shared), flusher(loop) {}
  http::CodecContext* codecs;
  Flusher flusher;
};

class ServerOwner {
 public:
  virtual void on_closed(Server&) noexcept = 0;  // once; the object lives until the end of the turn

 protected:
  ~ServerOwner() = default;
};

class Server final : public Session, public ListNode<Server> {
 public:
  struct Options {
    ServerContext* context = nullptr;
    const ServerSettings* settings = nullptr;
    http::RequestHandler* handler = nullptr;
    ServerOwner* owner = nullptr;
    Endpoint client;
    std::uint64_t number = 0;                   // of the connection, for logs
    std::unique_ptr<http::SecureFacts> secure;  // null: plain
  };
  // Null, and the stream closed, when there is no memory.
  static Server* open(net::Stream* stream, Options options) noexcept;
  void start(std::string_view early) noexcept;  // `early` was read already
  ~Server() override;
  const Endpoint& client() const noexcept { return client_; }

  void drain() noexcept;          // no new streams, once the client has heard of it
  void close_if_idle() noexcept;  // draining: no stream is open
  using Session::most_streams;

 private:
  friend class ServerStream;
  enum class Phase : std::uint8_t { serving, told, leaving };
  Server(net::Stream* stream, Options options) noexcept;
  bool begin() noexcept;

  // Session
  void on_bytes(std::string_view bytes) noexcept override;
  void on_frame_begins(const nghttp2_frame_hd& head) noexcept override;
  void on_reset_sent(std::int32_t id) noexcept override;
  void on_begin_headers(const nghttp2_frame& frame) noexcept override;
  void on_field(const nghttp2_frame& frame, std::string_view name,
                std::string_view value) noexcept override;
  void on_bad_field(const nghttp2_frame& frame) noexcept override;
  void on_headers(const nghttp2_frame& frame) noexcept override;
  void on_ping_answer() noexcept override;
  void on_settled() noexcept override;
  void on_over() noexcept override;
  void on_gone() noexcept override;
  void on_tick() noexcept override;

  ServerStream* stream_of(const nghttp2_frame& frame) noexcept;
  void judge(const PriorityFrame& frame) noexcept;
  void judge_data(std::int32_t id) noexcept;
  void answer_late() noexcept;
  bool has_been(std::int32_t id) noexcept;
  bool was_reset(std::int32_t id) const noexcept;
  void forget(ServerStream& stream) noexcept;
  void arm() noexcept;
  void leave() noexcept;
  bool is_stuck(std::uint64_t now) noexcept;
  std::size_t fair_share() const noexcept;
  http::CodecContext& codecs() noexcept { return *context_->codecs; }

  ServerContext* context_;
  const ServerSettings* settings_;
  http::RequestHandler* handler_;
  ServerOwner* owner_;
  std::uint64_t number_;
  std::unique_ptr<http::SecureFacts> secure_;
  Endpoint client_;
  FrameWalk walk_{http::http2_preface.size()};
  std::vector<std::int32_t> reset_;  // by us, the latest ones: what comes for them was under way
  std::size_t next_reset_ = 0;
  std::vector<std::int32_t> left_;  // by the client, in the bytes that are being read
  std::vector<std::int32_t> late_;  // have DATA although they have ended; to be told so
  std::int32_t last_stream_ = 0;    // that the client has begun
  std::uint64_t requests_ = 0;
  std::uint64_t idle_since_ms_;
  std::uint64_t told_ms_ = 0;
  std::uint64_t progress_ms_ = 0;  // when the kernel was last seen to take bytes
  Phase phase_ = Phase::serving;
};

}  // namespace pm::h2
