// SPDX-License-Identifier: MIT
// client_drain.cc -- answers that a middleware drops: a connection is worth more than a few bytes that nobody wants, and no
// more than that. Decision 49.
#include "h1/client.h"

#include <algorithm>

namespace pm::h1 {
namespace {

constexpr std::uint64_t max_drained = 65536;
constexpr std::uint64_t drain_ms = 1000;

}  // namespace

void Client::drop(http::Exchange& exchange) noexcept {
  const bool is_short = framing_ == http::Framing::chunked ||
                        (framing_ == http::Framing::length && body_left_ <= max_drained);
  const bool is_worth_it = state_ == State::body && keep_ && is_short && exchange.request_ended() &&
                           stream_->queued() == 0;
  if (!is_worth_it) return cancel(exchange);
  exchange_ = nullptr;
  attempt_ = nullptr;
  state_ = State::draining;
  drained_ = 0;
  loop().arm(*this, loop().now_ms() + drain_ms);
  owner_->on_lingering(*this);
  stream_->resume();
}

// False: nothing more is to be read in this turn.
bool Client::drain(std::string_view bytes) noexcept {
  drained_ += bytes.size();
  const bool is_over = drain_body(bytes);
  if (state_ == State::closed) return false;
  if (!is_over && drained_ <= max_drained) {
    keep(bytes);
    return stream_->is_readable();
  }
  loop().disarm(*this);
  if (!is_over || !bytes.empty() || stream_->saw_hangup()) {
    give_up();
  } else {
    become_idle();
  }
  return false;
}

// True at the end of the answer. A trailer section other than the empty one is not worth reading.
bool Client::drain_body(std::string_view& bytes) noexcept {
  if (framing_ == http::Framing::length) {
    const std::size_t size = std::min<std::uint64_t>(bytes.size(), body_left_);
    bytes.remove_prefix(size);
    body_left_ -= size;
    return body_left_ == 0;
  }
  while (!in_trailers_ && !bytes.empty()) {
    const ChunkReader::Step step = chunks_.read(bytes);
    if (step == ChunkReader::Step::fault) {
      give_up();
      return false;
    }
    in_trailers_ = step == ChunkReader::Step::trailers;
  }
  if (!in_trailers_ || bytes.empty() || bytes == "\r") return false;
  if (!bytes.starts_with("\r\n")) {
    give_up();
    return false;
  }
  bytes.remove_prefix(2);
  return true;
}

}  // namespace pm::h1
