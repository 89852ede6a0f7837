// SPDX-License-Identifier: MIT
// fetch.h -- a request of our own, made for another one: to an auth server, for an error page.
//
//   in      the parent exchange; a service; the child's request, filled by whoever fetches
//   out     the answer, to the FetchUser: head, chunks, end; or failed. Failures before the head are answers (502, 504) too
//   own     lives in the parent's arena: it is cancelled when the parent ends
//   flow    on_fetch_flush() says whether more is wanted; resume() asks for it
//   cost    an exchange; the same pools and limits as any request. No router, no access log, no counters of entry points
//   source  decision 50
#pragma once

#include "http/exchange.h"
#include "http/service.h"

namespace pm::http {

class Fetch;

class FetchUser {
 public:
  virtual void on_fetch_head(Fetch&) noexcept = 0;
  virtual void on_fetch_chunk(Fetch&, const Chunk&) noexcept = 0;
  virtual Flow on_fetch_flush(Fetch&) noexcept = 0;
  // The Fetch may be gone when these return; nothing follows them.
  virtual void on_fetch_end(Fetch&) noexcept = 0;
  virtual void on_fetch_failed(Fetch&) noexcept = 0;  // cut in the middle of its body

 protected:
  ~FetchUser() = default;
};

class Fetch final : private ServerEnd {
 public:
  static constexpr std::uint8_t most_depth = 4;
  Fetch(Exchange& parent, FetchUser& user) noexcept;
  ~Fetch();
  Fetch(const Fetch&) = delete;
  Fetch& operator=(const Fetch&) = delete;

  Request& request() noexcept { return child_.request(); }
  Response& response() noexcept { return child_.response(); }
  // Its body is the one that the parent has kept; both must not hand it over at the same time.
  void send_body_of_parent() noexcept;
  // The head goes out as it is: whoever fetches has taken out what belongs to one hop.
  void leave_head_alone() noexcept { child_.forwarded = nullptr; }
  void start(Service* service) noexcept;  // null: it could not be built, 503
  void resume() noexcept { child_.resume_response(); }
  void cancel() noexcept;

 private:
  void resume_request(Exchange&) noexcept override {}
  void hold_request(Exchange&) noexcept override {}
  void send_interim(Exchange&, std::uint16_t, const Headers&) noexcept override {}
  void send_head(Exchange&) noexcept override;
  void send_chunk(Exchange&, const Chunk&) noexcept override;
  void send_end(Exchange&) noexcept override { ended_ = true; }
  Flow flush_response(Exchange&) noexcept override;
  void cut(Exchange&) noexcept override;

  Exchange* parent_;
  FetchUser* user_;  // null: cancelled
  Exchange child_;
  KeptRequest* body_ = nullptr;
  bool ended_ = false;
};

}  // namespace pm::http
