// SPDX-License-Identifier: MIT
#include "h2/client_stream.h"

#include "h2/client.h"
#include "h2/write.h"
#include "http/hop.h"
#include "http/kept_body.h"

namespace pm::h2 {
namespace {

constexpr std::uint32_t most_interims = 20;       // security.md section 3
constexpr std::uint64_t continue_wait_ms = 1000;  // http-services.md section 6

}  // namespace

ClientStream::ClientStream(Client& client, http::Exchange& exchange, http::Attempt& attempt,
                           const http::ForwardOptions& options) noexcept
    : Stream(client, 0), exchange_(&exchange), attempt_(&attempt), options_(options) {}

Client& ClientStream::client() const noexcept {
  return static_cast<Client&>(*session_);
}

// ---- the request ------------------------------------------------------------------------------------------------------

void ClientStream::begin() noexcept {
  http::Exchange& exchange = *exchange_;
  exchange.set_client_end(this);
  exchange.trace().sent_ns = session_->loop().now_ns();
  if (!submit()) {
    closed_ = true;  // the library has never known it
    return fail(http::Outcome::closed);
  }
  if (exchange.request_ended()) return request_is_out();
  if (exchange.request().expects_continue) {
    continue_due_ms_ = session_->loop().now_ms() + continue_wait_ms;
    return client().look_by(continue_due_ms_);
  }
  exchange.resume_request();
}

bool ClientStream::submit() noexcept {
  http::Exchange& exchange = *exchange_;
  const auto fields =
      request_fields(exchange.request(), options_, client().is_secure_, exchange.arena());
  const bool has_body = !exchange.request_ended();
  const nghttp2_data_provider provider = source();
  const std::int32_t id =
      nghttp2_submit_request(session_->library(), nullptr, fields.data(), fields.size(),
                             has_body ? &provider : nullptr, static_cast<Stream*>(this));
  if (id < 0) return false;
  id_ = id;
  if (!has_body) ended_ = true;
  session_->mark();
  return true;
}

void ClientStream::request_end(http::Exchange&) noexcept {
  queue_end();
  request_is_out();
}

// The head of the answer is due from now on.
void ClientStream::request_is_out() noexcept {
  if (options_.head_timeout_ms == 0 || state_ != State::waiting) return;
  head_due_ms_ = session_->loop().now_ms() + options_.head_timeout_ms;
  client().look_by(head_due_ms_);
}

void ClientStream::stop_waiting_for_continue() noexcept {
  if (continue_due_ms_ == 0) return;
  continue_due_ms_ = 0;
  exchange_->resume_request();
}

void ClientStream::source_may_go_on() noexcept {
  if (exchange_ != nullptr && !exchange_->request_ended()) exchange_->resume_request();
}

const http::Headers* ClientStream::trailers() const noexcept {
  return exchange_ == nullptr ? nullptr : &exchange_->request().trailers;
}

// The exchange is over before the answer was. Other streams of the connection go on.
void ClientStream::cancel(http::Exchange&) noexcept {
  let_go();
  session_->reset(*this, NGHTTP2_CANCEL);
}

void ClientStream::let_go() noexcept {
  exchange_ = nullptr;
  attempt_ = nullptr;
  state_ = State::done;
  head_due_ms_ = continue_due_ms_ = 0;
  interims_ = nullptr;
  reading_ = nullptr;
  ended_ = true;
  drop_bytes();
  discard();
  if (!closed_) return;
  session_->changed(*this);  // nobody else will have it forgotten
  session_->mark();
}

// ---- the answer's head ------------------------------------------------------------------------------------------------

void ClientStream::begin_headers() noexcept {
  answered_ = true;
  if (exchange_ == nullptr || state_ != State::waiting) return;
  fields_ = {};
  Arena& arena = exchange_->arena();
  reading_ = arena.make<http::Response>(arena);
}

void ClientStream::add_field(std::string_view name, std::string_view value) {
  if (exchange_ == nullptr) return;
  const FieldLimits& limits = client().settings_.limits;
  if (reading_ != nullptr) return fields_.add(*reading_, limits, name, value);
  if (!trailer_fields_.add(exchange_->response().trailers, limits, name, value)) refuse_fields();
}

void ClientStream::refuse_fields() noexcept {
  fields_.refuse();
  if (reading_ != nullptr) return;  // judged when it is complete
  is_bad_ = true;
  session_->changed(*this);
}

bool ClientStream::is_flood() const noexcept {
  return fields_.is_flood(client().settings_.limits);
}

void ClientStream::head_is_complete(bool ends) noexcept {
  http::Response* const response = reading_;
  if (exchange_ == nullptr || response == nullptr) return;
  session_->changed(*this);
  if (!fields_.finish(*response)) {
    is_bad_ = true;
    return;
  }
  reading_ = nullptr;
  if (response->status >= 200) {
    http::Response& answer = exchange_->response();
    answer.headers.assign(response->headers);
    answer.status = response->status;
    answer.reason = {};
    answer.framing = response->framing;
    answer.content_length = response->content_length;
    head_ends_ = ends;
    state_ = State::head_here;
    return;
  }
  is_bad_ = is_bad_ || ends || ++interim_count_ > most_interims;
  Interim** last = &interims_;
  while (*last != nullptr)
    last = &(*last)->next;
  *last = exchange_->arena().make<Interim>(Interim{response, nullptr});
}

void ClientStream::on_begin() noexcept {
  if (exchange_ == nullptr) return;
  if (is_bad_) {
    session_->reset(*this, NGHTTP2_PROTOCOL_ERROR);
    return fail(http::Outcome::bad_response);
  }
  pass_interims();
  if (exchange_ != nullptr && state_ == State::head_here) pass_head();
}

void ClientStream::pass_interims() noexcept {
  while (exchange_ != nullptr && interims_ != nullptr) {
    http::Response& interim = *interims_->response;
    interims_ = interims_->next;
    http::prepare_for_client(interim);
    // 100 lets the body go, and going it tells the client so.
    interim.status == 100 ? stop_waiting_for_continue()
                          : exchange_->interim(interim.status, interim.headers);
  }
}

void ClientStream::pass_head() noexcept {
  http::Exchange& exchange = *exchange_;
  http::Response& response = exchange.response();
  state_ = State::body;
  head_due_ms_ = continue_due_ms_ = 0;
  exchange.trace().origin_head_ns = session_->loop().now_ns();
  exchange.trace().origin_status = response.status;
  response.origin = http::Origin::server;
  const bool is_bodiless =
      exchange.request().method == "HEAD" || response.status == 204 || response.status == 304;
  if (head_ends_ && response.framing != http::Framing::length)
    response.framing = http::Framing::none;
  http::prepare_for_client(response);
  if (is_bodiless && response.framing != http::Framing::length)
    response.framing = http::Framing::none;
  exchange.response_head();
  if (exchange_ == nullptr) return;
  const bool is_alone = is_drained() && !remote_ended_;
  pull();
  if (is_alone && exchange_ != nullptr) exchange_->flush_response();
}

// ---- its body ---------------------------------------------------------------------------------------------------------

void ClientStream::hand_over(const http::Chunk& chunk) noexcept {
  exchange_->trace().origin_bytes += chunk.size;
  exchange_->response_chunk(chunk);
}

void ClientStream::hand_over_end() noexcept {
  http::Exchange& exchange = *exchange_;
  exchange.response_end();
  exchange.set_client_end(nullptr);
  const bool is_early = !local_ended_;
  ++client().carried_;
  let_go();
  // What is left of the request is of no use to anybody.
  if (is_early && !closed_) session_->reset(*this, NGHTTP2_NO_ERROR);
  exchange.flush_response();
}

// ---- the end ----------------------------------------------------------------------------------------------------------

http::Outcome ClientStream::outcome_of_reset() const noexcept {
  return error_ == NGHTTP2_PROTOCOL_ERROR ? http::Outcome::bad_response : http::Outcome::reset;
}

void ClientStream::on_change() noexcept {
  if (!closed_) return;
  // What has come before the end is still handed on.
  if (exchange_ != nullptr && remote_ended_ && error_ == NGHTTP2_NO_ERROR && state_ == State::body)
    return;
  if (exchange_ != nullptr) fail(outcome_of_reset());
  client().forget(*this);
}

// Nothing of this request has left: what was taken of its body goes to whoever is asked next.
void ClientStream::hand_back_body() noexcept {
  http::Exchange& exchange = *exchange_;
  if (was_sent_ || out_.empty() || exchange.kept() != nullptr) return;
  exchange.hold_request();  // what comes behind these bytes waits for them
  Arena& arena = exchange.arena();
  auto* body = arena.make<http::KeptBody>(nullptr, UINT64_MAX);
  while (!out_.empty()) {
    std::string_view slice;
    out_.front({&slice, 1});
    body->append({&slice, 1});
    took(slice.size());
  }
  if (exchange.request_ended()) body->set_whole();
  exchange.keep(*arena.make<http::KeptRequest>(exchange, *body), true);
}

void ClientStream::fail(http::Outcome outcome) noexcept {
  if (exchange_ == nullptr) return;
  state_ == State::body ? cut(outcome) : fail_attempt(outcome);
}

void ClientStream::fail_attempt(http::Outcome outcome) noexcept {
  http::Exchange* const exchange = exchange_;
  http::Attempt* const attempt = attempt_;
  const bool was_refused = closed_ && error_ == NGHTTP2_REFUSED_STREAM;
  const bool is_unsent = !was_sent_ && outcome != http::Outcome::head_timed_out;
  const http::Attempt::Failure failure{
      .outcome = was_refused || is_unsent ? http::Outcome::closed : outcome,
      .reused = client().carried_ > 0,
      .answered = answered_ || closed_,
      .wrote = was_sent_,
      .unprocessed = was_refused,
      .on = client().is_open() ? &client() : nullptr};
  exchange->set_client_end(nullptr);
  hand_back_body();
  let_go();
  attempt->on_failed(*exchange, failure);
}

// What was good of the answer goes on, and with it what a middleware makes of it: that may be another answer.
void ClientStream::cut(http::Outcome outcome) noexcept {
  http::Exchange* const exchange = exchange_;
  exchange->flush_response();
  if (exchange_ != exchange) return;
  exchange->set_client_end(nullptr);
  let_go();
  if (exchange->trace().termination.empty()) exchange->trace().termination = code_of(outcome);
  exchange->cut_response();
}

void ClientStream::look_at_time(std::uint64_t now) noexcept {
  if (continue_due_ms_ != 0) {
    if (now >= continue_due_ms_) {
      stop_waiting_for_continue();
    } else {
      client().look_by(continue_due_ms_);
    }
  }
  if (exchange_ == nullptr || head_due_ms_ == 0) return;
  if (now < head_due_ms_) return client().look_by(head_due_ms_);
  session_->reset(*this, NGHTTP2_CANCEL);
  fail(http::Outcome::head_timed_out);
}

}  // namespace pm::h2
