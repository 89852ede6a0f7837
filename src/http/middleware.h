// SPDX-License-Identifier: MIT
// middleware.h -- the contract of what happens to a request and its answer on their way: hooks, and four verdicts.
//
//   in      a Link: the exchange, and the middleware's place in the chain
//   out     a Verdict; edits of request and response in place
//   own     a Middleware is immutable but for caches of its worker, and shared by all exchanges of a Runtime. What it needs for
//           one exchange is its state: `state_size()` zeroed bytes in the exchange's arena
//   cost    one virtual call a hook that hooks() asks for; nothing for the others
//   source  layout.md, "The middleware contract"; middlewares-1.md section 1
//
//   request  ──► on_request_headers, outermost first ──► service
//   response ◄── on_response_headers, innermost first ◄── on_response_body for each part ◄──
//
// next:    go on to the neighbour.
// respond: the reply is prepared (Link::reply): it passes the links outside this one only.
// wait:    request: hold it until the Resumer of Link::suspend(), or the delay of Link::resume_after(), brings the verdict.
//          response: hold the head; on_response_body() is called for what follows and says when the head may go.
// again:   drop this response (nothing of it has left), and run everything inside this link once more, with the request
//          as it was when it left it: Link::keep_request() on the way in.
#pragma once

#include "http/body.h"
#include "http/exchange.h"
#include "http/reply.h"

#include <cstdint>
#include <memory>
#include <string_view>
#include <type_traits>

namespace pm::http {

class Run;
class Service;

enum class Verdict : std::uint8_t { next, respond, wait, again };

enum class Hook : std::uint8_t {
  request_headers = 1,
  response_headers = 2,
  response_body = 4,
  done = 8,
  waits = 16,  // on_request_headers() may say wait
};

class Hooks {
 public:
  constexpr Hooks() noexcept = default;
  constexpr Hooks(Hook hook) noexcept : bits_(static_cast<std::uint8_t>(hook)) {}
  constexpr bool has(Hook hook) const noexcept {
    return (bits_ & static_cast<std::uint8_t>(hook)) != 0;
  }
  friend constexpr Hooks operator|(Hooks a, Hooks b) noexcept {
    Hooks both;
    both.bits_ = a.bits_ | b.bits_;
    return both;
  }

 private:
  std::uint8_t bits_ = 0;
};
constexpr Hooks operator|(Hook a, Hook b) noexcept {
  return Hooks(a) | Hooks(b);
}

// Brings a waiting request its verdict; used late, or twice, it does nothing. May be kept by whoever outlives the exchange.
struct Resumer {
  WorkerTools* tools = nullptr;
  std::uint32_t place = 0;
  std::uint32_t generation = 0;
  // The exchange may be gone when it returns. Verdict::again is what on_request_headers() is to be asked once more for.
  void resume(Verdict verdict) const noexcept;
  void resume_soon(Verdict verdict) const noexcept;  // when the stack is empty
  Exchange* exchange() const noexcept;               // null: gone, or resumed already
};

// An exchange in a chain: a Run, unless all of its links only look at the request.
class Passage {
 public:
  explicit Passage(Exchange& exchange) noexcept : exchange_(&exchange) {}
  Exchange& exchange() const noexcept { return *exchange_; }

 protected:
  ~Passage() = default;
  Exchange* exchange_;
};

// Small enough to be handed over in registers.
class Link {
 public:
  Link(Passage& passage, std::uint16_t place) noexcept : passage_(&passage), place_(place) {}

  Exchange& exchange() const noexcept { return passage_->exchange(); }
  Request& request() const noexcept { return exchange().request(); }
  Response& response() const noexcept { return exchange().response(); }
  Arena& arena() const noexcept { return exchange().arena(); }
  WorkerTools& tools() const noexcept { return *exchange().tools; }

  // Of a middleware whose state_size() is sizeof(T): zeroed when the link is entered.
  template <class T>
  T& state() const noexcept {
    static_assert(std::is_trivially_destructible_v<T>);
    return *static_cast<T*>(state_bytes());
  }

  // The answer of Verdict::respond, instead of what is there. `body` lives in the arena, or forever.
  void reply(std::uint16_t status, std::string_view body,
             BodyType type = BodyType::none) const noexcept {
    prepare_reply(exchange(), status, body, type);
    response().origin = Origin::middleware;
  }
  // The same, made by somebody: `response()` is what he finds, and he may take his time.
  void reply_by(ReplyMaker& maker) const noexcept { exchange().reply_maker = &maker; }
  void reply_bare(std::uint16_t status) const noexcept {  // the reason phrase as its body
    reply(status, reason_phrase(status));
  }

  // With Verdict::wait on the way in. None of them brings its verdict before the hook has returned.
  Resumer suspend() const noexcept;
  void resume_after(std::uint64_t after_ms, Verdict verdict) const noexcept;
  // On the way in: what Verdict::again needs. The head as it is now; of the body nothing may have been taken by then.
  void keep_request() const noexcept;
  bool may_repeat() const noexcept;  // on the way out: nothing of the body is lost
  void last_try()
      const noexcept;  // before Verdict::again: interim answers reach the client from now on
  bool holds_head() const noexcept;  // this link holds it
  // On the way in, once each time the link is entered: it sees the body before links further inside.
  void filter_request(RequestFilter& filter) const noexcept { exchange().filters().add(filter); }

 private:
  void* state_bytes() const noexcept;
  Run& run() const noexcept;
  Passage* passage_;
  std::uint16_t place_;
};

class Middleware {
 public:
  virtual ~Middleware() = default;
  virtual Hooks hooks() const noexcept = 0;  // asked once, when the chain is built
  virtual std::size_t state_size() const noexcept { return 0; }
  virtual Verdict on_request_headers(Link) const noexcept { return Verdict::next; }
  virtual Verdict on_response_headers(Link) const noexcept { return Verdict::next; }
  virtual Verdict on_response_body(Link, BodyPart&) const noexcept { return Verdict::next; }
  virtual void on_done(Link) const noexcept {}  // once for each time the link was entered
};
using MiddlewarePtr = std::unique_ptr<const Middleware>;

}  // namespace pm::http
