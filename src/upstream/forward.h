// SPDX-License-Identifier: MIT
// forward.h -- one exchange on its way to one server: a connection, a second try where that is safe, or the error answer.
//
//   in      an Exchange and the server that was picked
//   own     lives in the exchange's arena and ends with it
//   errors  Outcome -> 502 or 504
//   source  security.md section 3, last row: what may be sent twice
//
//   start ──► pooled connection ──► begin ──► (the answer goes past this object)
//     │                              │ failed: sent again on a fresh one if nothing can have happened, or it may be repeated
//     └─────► dial ──────────────────┘ otherwise 502 / 504
//             or waits for one under way, which will have room for it
#pragma once

#include "upstream/dial.h"
#include "upstream/load_balancer.h"

namespace pm::upstream {

class Forward final : private http::Attempt,
                      private http::ClientEnd,
                      private http::ExchangeEnd,
                      private DialUser,
                      private Waiter,
                      private net::Timer {
 public:
  // `meter`: null where nothing is counted.
  Forward(http::Exchange& exchange, const Server& server, bool pass_host_header,
          ForwardMeter* meter) noexcept;
  ~Forward() override = default;

  void start() noexcept;

 private:
  // http::Attempt
  void on_failed(http::Exchange&, const Failure& failure) noexcept override;
  // http::ClientEnd, while no connection is there
  void request_chunk(http::Exchange&, const http::Chunk&) noexcept override;
  void request_end(http::Exchange&) noexcept override {}
  Flow flush_request(http::Exchange&) noexcept override { return Flow::hold; }
  void resume_response(http::Exchange&) noexcept override {}
  void cancel(http::Exchange&) noexcept override;
  void on_exchange_end(http::Exchange&) noexcept override;
  // DialUser, Waiter, Timer
  void on_connected(http::ClientConnection& connection) noexcept override;
  void on_dial_failed(http::Outcome outcome) noexcept override;
  void on_turn_to_connect() noexcept override;
  void on_timer() noexcept override;

  void begin_counting() noexcept;
  void connect() noexcept;
  void wait() noexcept;
  void arm_timer() noexcept;
  bool is_connecting() const noexcept;
  void begin(http::ClientConnection& connection) noexcept;
  bool may_send_again(const Failure& failure) const noexcept;
  enum class Sent : std::uint8_t { nothing, something };
  void give_up(http::Outcome outcome, Sent sent) noexcept;
  Pool& pool() const noexcept { return *target_->pool; }

  http::Exchange* exchange_;
  const Server* server_;
  Target* target_;  // the server's, or that for upgrades
  http::ForwardOptions options_;
  ForwardMeter* meter_;
  std::uint64_t began_ns_ = 0;
  std::uint64_t bytes_before_ = 0;  // of attempts before this one
  Dial* dial_ = nullptr;            // in the arena; the last one when a second was needed
  const http::ClientConnection* refused_ = nullptr;  // the last attempt was on it; it still stands
  std::uint64_t request_due_ms_ = 0;                 // 0: none
  std::uint64_t connect_due_ms_ = 0;                 // of one that has waited for another's dial
  std::uint32_t attempts_ = 0;
  std::uint32_t round_ = 0;       // of the exchange when this began
  std::uint16_t own_status_ = 0;  // of the answer that this made in a server's place
  bool fresh_only_ = false;
};

}  // namespace pm::upstream
