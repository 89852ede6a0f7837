// SPDX-License-Identifier: MIT
// chain.h -- middlewares in a row, compiled: who is called when, and what one exchange needs of memory.
//
//   in      the middlewares in order, outermost first; they outlive the chain
//   out     run(): the exchange, through all of them, to a service; or answered before
//   cost    links that only look at the request: a virtual call each and nothing else. Otherwise one Run in the arena, and a
//           virtual call for each hook that a link has
//   source  layout.md, "The middleware contract"
#pragma once

#include "http/middleware.h"
#include "http/service.h"

#include <vector>

namespace pm::http {

class Chain {
 public:
  explicit Chain(const std::vector<const Middleware*>& links);
  // The exchange may be gone when it returns. `then` is served in the same way each time that a link says again.
  void run(Exchange& exchange, Service& then) const noexcept;
  bool is_empty() const noexcept { return links_.empty(); }

 private:
  friend class Run;
  struct Place {
    const Middleware* middleware = nullptr;
    Hooks hooks;
    std::uint32_t state_at = 0;  // offset into the Run's states
    std::uint32_t state_size = 0;
  };
  // What comes next, seen from between two links: so that links cost nothing where they have nothing to do.
  struct Next {
    std::uint16_t entering = 0;  // inwards: the link to be asked, or the number of links
    std::uint16_t head = 0;      // outwards: one more than the link with such a hook, or 0
    std::uint16_t body = 0;
  };
  void find_next();

  std::vector<Place> links_;
  std::vector<Next> next_;                   // before each link, and behind the last
  std::vector<const Middleware*> entering_;  // those with a request hook, for chains without a Run
  std::size_t state_size_ = 0;
  bool needs_run_ = false;
  bool has_done_ = false;
};

// A service behind middlewares of its own.
class ChainedService final : public Service {
 public:
  ChainedService(Chain chain, Service& inner) noexcept : chain_(std::move(chain)), inner_(&inner) {}
  void serve(Exchange& exchange) noexcept override { chain_.run(exchange, *inner_); }

 private:
  Chain chain_;
  Service* inner_;
};

}  // namespace pm::http
