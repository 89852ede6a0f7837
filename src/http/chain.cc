// SPDX-License-Identifier: MIT
#include "http/chain.h"

#include "core/check.h"
#include "http/run.h"

#include <algorithm>

namespace pm::http {
namespace {

struct PlainPassage final : Passage {
  using Passage::Passage;
};

}  // namespace

Chain::Chain(const std::vector<const Middleware*>& links) {
  PM_CHECK(links.size() < UINT16_MAX, "a chain is shorter than 65,535 links");
  for (const Middleware* middleware : links) {
    Place place{middleware, middleware->hooks(), static_cast<std::uint32_t>(state_size_),
                static_cast<std::uint32_t>(middleware->state_size())};
    constexpr std::size_t alignment = alignof(std::max_align_t);
    state_size_ += (place.state_size + alignment - 1) / alignment * alignment;
    if (place.hooks.has(Hook::request_headers)) entering_.push_back(middleware);
    has_done_ = has_done_ || place.hooks.has(Hook::done);
    needs_run_ = needs_run_ || place.state_size > 0 || place.hooks.has(Hook::response_headers) ||
                 place.hooks.has(Hook::response_body) || place.hooks.has(Hook::done) ||
                 place.hooks.has(Hook::waits);
    links_.push_back(place);
  }
  find_next();
}

void Chain::find_next() {
  const auto count = static_cast<std::uint16_t>(links_.size());
  next_.resize(links_.size() + 1);
  for (std::uint16_t at = 0; at < count; ++at) {
    const auto behind = static_cast<std::uint16_t>(at + 1);
    const Hooks hooks = links_[at].hooks;
    next_[behind].head = hooks.has(Hook::response_headers) ? behind : next_[at].head;
    next_[behind].body = hooks.has(Hook::response_body) ? behind : next_[at].body;
  }
  next_[count].entering = count;
  for (std::uint16_t at = count; at-- > 0;) {
    const bool is_entered =
        links_[at].hooks.has(Hook::request_headers) || links_[at].state_size > 0;
    next_[at].entering = is_entered ? at : next_[at + 1].entering;
  }
}

void Chain::run(Exchange& exchange, Service& then) const noexcept {
  if (needs_run_) return exchange.arena().make<Run>(exchange, *this, then)->start(has_done_);
  PlainPassage passage(exchange);
  for (const Middleware* middleware : entering_) {
    const Verdict verdict = middleware->on_request_headers(Link(passage, 0));
    if (verdict == Verdict::next) continue;
    PM_CHECK(verdict == Verdict::respond, "a link that may wait says so by its hooks");
    return send_reply(exchange);
  }
  then.serve(exchange);
}

}  // namespace pm::http
