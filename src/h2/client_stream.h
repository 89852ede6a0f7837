// SPDX-License-Identifier: MIT
// client_stream.h -- one exchange on a connection to a server: its end towards the server.
//
//   own     borrows exchange and attempt until the answer has ended, or one side has failed; itself until the library has forgotten it
//   flow    heads are taken down within the library and handed on behind it, so interim answers queue up until then
//   errors  before the head: Attempt::on_failed(); afterwards the client sees a cut
//   source  RFC 9113 section 8; http-services.md section 7
#pragma once

#include "h2/response_fields.h"
#include "h2/stream.h"
#include "http/client.h"

namespace pm::h2 {

class Client;

class ClientStream final : public Stream, private http::ClientEnd {
 public:
  ClientStream(Client& client, http::Exchange& exchange, http::Attempt& attempt,
               const http::ForwardOptions& options) noexcept;

  void begin() noexcept;
  // From within the library.
  void begin_headers() noexcept;
  void add_field(std::string_view name, std::string_view value);
  void refuse_fields() noexcept;
  void head_is_complete(bool ends) noexcept;
  bool is_flood() const noexcept;
  void head_is_out() noexcept { was_sent_ = true; }

  void fail(http::Outcome outcome) noexcept;  // the connection is over
  void look_at_time(std::uint64_t now) noexcept;

 private:
  enum class State : std::uint8_t { waiting, head_here, body, done };
  struct Interim {
    http::Response* response;
    Interim* next;
  };

  // Stream
  void hand_over(const http::Chunk& chunk) noexcept override;
  void hand_over_end() noexcept override;
  Flow flush_sink() noexcept override { return exchange_->flush_response(); }
  bool has_sink() const noexcept override { return exchange_ != nullptr; }
  void source_may_go_on() noexcept override;
  const http::Headers* trailers() const noexcept override;
  void on_begin() noexcept override;
  void on_change() noexcept override;
  // http::ClientEnd
  void request_chunk(http::Exchange&, const http::Chunk& chunk) noexcept override { queue(chunk); }
  void request_end(http::Exchange&) noexcept override;
  Flow flush_request(http::Exchange&) noexcept override { return flush_queue(); }
  void resume_response(http::Exchange&) noexcept override { pull(); }
  void cancel(http::Exchange&) noexcept override;

  bool submit() noexcept;
  void pass_interims() noexcept;
  void pass_head() noexcept;
  void stop_waiting_for_continue() noexcept;
  void request_is_out() noexcept;
  void fail_attempt(http::Outcome outcome) noexcept;
  void cut(http::Outcome outcome) noexcept;
  void let_go() noexcept;
  void hand_back_body() noexcept;
  http::Outcome outcome_of_reset() const noexcept;
  Client& client() const noexcept;

  http::Exchange* exchange_;
  http::Attempt* attempt_;
  http::ForwardOptions options_;
  http::Response* reading_ = nullptr;  // the head that is being taken down; of the arena
  Interim* interims_ = nullptr;        // complete and not handed on, the first in front
  ResponseFields fields_;
  TrailerFields trailer_fields_;
  std::uint64_t head_due_ms_ = 0;
  std::uint64_t continue_due_ms_ = 0;
  std::uint32_t interim_count_ = 0;
  State state_ = State::waiting;
  bool head_ends_ = false;  // no body follows the head
  bool is_bad_ = false;     // the answer cannot be believed
  bool was_sent_ = false;   // our head has left
  bool answered_ = false;
};

}  // namespace pm::h2
