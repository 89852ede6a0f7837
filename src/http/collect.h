// SPDX-License-Identifier: MIT
// collect.h -- a request's body, taken whole before anything else happens.
//
//   in      an exchange whose body nobody has pulled yet; how much may be taken
//   out     the body is kept: exchange.kept() hands it over from now on, and its length is known. Too large: nothing more is
//           taken; what was taken is handed over first, and the rest as it comes
//   own     lives in the exchange's arena; it is the exchange's ClientEnd while it collects
//   source  middlewares-2.md sections 5.5 and 5.7; middlewares-1.md section 4.6 (forwardBody)
#pragma once

#include "http/kept_body.h"
#include "http/middleware.h"

namespace pm::http {

struct CollectLimits {
  std::uint64_t most = UINT64_MAX;  // bytes of the body
  std::uint64_t memory = 1 << 20;   // kept in memory; the rest goes to the spill file
};

enum class Collected : std::uint8_t { whole, too_large, failed };

class Collector final : private ClientEnd, private KeptBodyUser {
 public:
  // `then` is resumed with Verdict::again when the body is there, or is known to be too large.
  Collector(Exchange& exchange, CollectLimits limits, Resumer then) noexcept;
  void start() noexcept;
  Collected result() const noexcept { return result_; }

 private:
  void request_chunk(Exchange&, const Chunk& chunk) noexcept override;
  void request_end(Exchange&) noexcept override;
  Flow flush_request(Exchange&) noexcept override;
  void resume_response(Exchange&) noexcept override {}
  void cancel(Exchange&) noexcept override { body_.set_user(nullptr); }
  void on_room() noexcept override;
  void on_block() noexcept override {}
  void finish(Collected result) noexcept;

  Exchange* exchange_;
  CollectLimits limits_;
  Resumer then_;
  KeptBody body_;
  KeptRequest kept_;
  Collected result_ = Collected::whole;
  bool is_done_ = false;
  Flow flow_ = Flow::more;
};

// What can be said before a byte is read: a body that is declared too large is.
inline bool is_declared_larger(const Request& request, std::uint64_t most) noexcept {
  return request.framing == Framing::length && request.content_length > most;
}
inline bool has_body(const Exchange& exchange) noexcept {
  return exchange.kept() != nullptr || !exchange.request_ended();
}

}  // namespace pm::http
