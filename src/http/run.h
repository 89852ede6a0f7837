// SPDX-License-Identifier: MIT
// run.h -- one exchange on its way through one chain: which links it has entered, and what its answer waits for.
//
//   shape   between the exchange and the ServerEnd that was there before; chains within chains lie around one another
//   own     lives in the exchange's arena and ends with it
//   flow    verdicts that end an answer (respond, again) are carried out in flush_response(): whoever makes the answer is in
//           the middle of handing it over before, and has let go of it by then
//   source  layout.md, "The middleware contract"
//
//   entering ──► serving ──► head ──► body ──► ended          held: head or request waits for a link
//      ▲  │ wait     │ again │
//      └──┴──────────┴───────┘
#pragma once

#include "http/chain.h"
#include "net/delay.h"

namespace pm::http {

class Run final : public Passage, private ServerEnd, private ExchangeEnd, private net::Delay {
 public:
  Run(Exchange& exchange, const Chain& chain, Service& then) noexcept;
  ~Run() override;
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  void start(bool has_done) noexcept;     // whether a link wants to hear of the end
  void resume(Verdict verdict) noexcept;  // of a request that waits
  void resume_after(std::uint64_t after_ms, Verdict verdict) noexcept;

 private:
  friend class Link;
  struct Kept;

  // ServerEnd: the answer on its way out
  void resume_request(Exchange&) noexcept override { outer_->resume_request(*exchange_); }
  void hold_request(Exchange&) noexcept override { outer_->hold_request(*exchange_); }
  void send_interim(Exchange&, std::uint16_t status, const Headers&) noexcept override;
  void send_head(Exchange&) noexcept override;
  void send_chunk(Exchange&, const Chunk&) noexcept override;
  void send_end(Exchange&) noexcept override;
  Flow flush_response(Exchange&) noexcept override;
  net::Stream* raw_stream() noexcept override {
    return exchange_->is_tunnel() ? outer_->raw_stream() : nullptr;
  }
  void cut(Exchange&) noexcept override;
  void on_exchange_end(Exchange&) noexcept override;
  void on_delay() noexcept override;

  void walk() noexcept;
  Verdict ask() noexcept {
    const auto place = static_cast<std::uint16_t>(reached_ - 1);
    return link(place).middleware->on_request_headers(Link(*this, place));
  }
  void halt(Verdict verdict) noexcept;
  void pass_head() noexcept;
  void pass_part(BodyPart& part) noexcept;
  void turn(Verdict verdict, std::uint16_t place) noexcept;
  void settle() noexcept;
  void unwind(std::uint16_t keep) noexcept;
  void leave(std::uint16_t keep) noexcept;
  void repeat_from(std::uint16_t place) noexcept;
  bool has_body_hooks() const noexcept { return next(entered_).body > 0; }
  const Chain::Place& link(std::uint16_t place) const noexcept { return links_[place]; }
  const Chain::Next& next(std::uint16_t place) const noexcept { return next_[place]; }
  Kept* kept_by(std::uint16_t place) const noexcept;

  const Chain::Place* links_;  // of the chain, whose vectors check each index
  const Chain::Next* next_;
  Service* then_;
  ServerEnd* outer_;
  Run* outer_run_;
  const void* route_;
  ExchangeEnd* before_ =
      nullptr;  // who was to hear of the end, when a link has to hear of it first
  char* states_;
  Kept* kept_ = nullptr;  // requests as links want them back, the innermost first
  std::uint32_t suspended_at_ = UINT32_MAX;
  std::uint16_t count_;        // of links
  std::uint16_t entered_ = 0;  // links that the answer passes
  std::uint16_t reached_ = 0;  // links that hear of the end
  std::uint16_t head_at_ =
      0;  // links [0, head_at_) have not seen the head; the one at head_at_ may hold it
  std::uint16_t turn_at_ = 0;
  Verdict turn_ = Verdict::next;  // respond or again: what flush_response() has to carry out
  Verdict delay_verdict_ = Verdict::next;
  bool waiting_ = false;  // the request is held by link reached_ - 1
  bool holds_head_ = false;
  bool is_quiet_ = false;     // interim answers stay here
  bool source_held_ = false;  // a link takes no more of the answer for now
  bool ended_ = false;        // the maker of the answer has said so
  bool end_passed_ = false;
  bool lent_ = false;  // what links have made is on its way out, and not flushed yet
};

}  // namespace pm::http
