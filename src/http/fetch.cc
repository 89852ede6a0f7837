// SPDX-License-Identifier: MIT
#include "http/fetch.h"

#include "http/kept_body.h"
#include "http/reply.h"

namespace pm::http {

Fetch::Fetch(Exchange& parent, FetchUser& user) noexcept
    : parent_(&parent), user_(&user), child_(parent.arena().pool(), *this) {
  child_.tools = parent.tools;
  child_.forwarded = parent.forwarded;
  child_.depth = parent.depth + 1;
  child_.trace().is_counted = parent.trace().is_counted;
  Request& request = child_.request();
  request.method = "GET";
  request.version = Version::http11;
  request.client = parent.request().client;
  request.names_peer = false;
  child_.note_empty_request();
}

Fetch::~Fetch() {
  cancel();
  child_.end_attempt();
}

void Fetch::cancel() noexcept {
  user_ = nullptr;
  child_.cancel_client_end();
}

void Fetch::send_body_of_parent() noexcept {
  if (parent_->kept() == nullptr) return;
  KeptBody& body = parent_->kept()->body();
  body.rewind();
  body_ = child_.arena().make<KeptRequest>(child_, body);
  child_.request().framing = Framing::length;
  child_.request().content_length = body.size();
  child_.keep(*body_, true);
}

void Fetch::start(Service* service) noexcept {
  if (service == nullptr) return reply(child_, 503, reason_phrase(503), BodyType::none);
  if (child_.depth > most_depth) return reply(child_, 502, reason_phrase(502), BodyType::none);
  service->serve(child_);
}

void Fetch::send_head(Exchange&) noexcept {
  if (user_ != nullptr) user_->on_fetch_head(*this);
}

void Fetch::send_chunk(Exchange&, const Chunk& chunk) noexcept {
  if (user_ != nullptr) user_->on_fetch_chunk(*this, chunk);
}

Flow Fetch::flush_response(Exchange&) noexcept {
  if (user_ == nullptr) return Flow::more;
  if (!ended_) return user_->on_fetch_flush(*this);
  FetchUser* const user = user_;
  user_ = nullptr;
  user->on_fetch_end(*this);
  return Flow::more;
}

void Fetch::cut(Exchange&) noexcept {
  FetchUser* const user = user_;
  user_ = nullptr;
  if (user != nullptr) user->on_fetch_failed(*this);
}

}  // namespace pm::http
