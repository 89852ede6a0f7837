// SPDX-License-Identifier: MIT
#include "http/collect.h"

#include "http/tools.h"

namespace pm::http {

Collector::Collector(Exchange& exchange, CollectLimits limits, Resumer then) noexcept
    : exchange_(&exchange),
      limits_(limits),
      then_(then),
      body_(exchange.tools->spill, limits.memory),
      kept_(exchange, body_) {}

void Collector::start() noexcept {
  body_.set_user(this);
  exchange_->set_client_end(this);
  exchange_->resume_request();
}

void Collector::request_chunk(Exchange&, const Chunk& chunk) noexcept {
  flow_ = body_.append(chunk.slices);
}

void Collector::request_end(Exchange&) noexcept {
  body_.set_whole();
  is_done_ = true;
}

// The end of a step of the client's codec, which holds nothing any more that this could take from under it.
Flow Collector::flush_request(Exchange&) noexcept {
  if (body_.failed()) {
    finish(Collected::failed);
  } else if (body_.size() > limits_.most) {
    finish(Collected::too_large);
  } else if (is_done_) {
    finish(Collected::whole);
  } else {
    return flow_;
  }
  return Flow::hold;
}

void Collector::on_room() noexcept {
  if (body_.failed()) return finish(Collected::failed);
  exchange_->resume_request();
}

void Collector::finish(Collected result) noexcept {
  result_ = result;
  body_.set_user(nullptr);
  exchange_->set_client_end(nullptr);
  Request& request = exchange_->request();
  request.expects_continue = false;  // the client was told to go on
  if (result == Collected::whole) {
    request.framing = body_.size() > 0 ? Framing::length : Framing::none;
    request.content_length = body_.size();
  }
  exchange_->keep(kept_, body_.size() > 0 || result != Collected::whole);
  // In a turn of its own: the codec is still in the middle of the step that brought the end.
  then_.resume_soon(Verdict::again);
}

}  // namespace pm::http
