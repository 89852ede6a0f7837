// SPDX-License-Identifier: MIT
#include "upstream/forward.h"

#include "http/reply.h"
#include "http/tools.h"

#include <algorithm>

namespace pm::upstream {
namespace {

constexpr std::uint32_t most_attempts = 3;
constexpr std::uint16_t client_left = 499;

// RFC 9110 section 9.2.2, as http-services.md section 7 narrows it.
bool is_repeatable(const http::Request& request) noexcept {
  const std::string_view method = request.method;
  if (method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "TRACE") return true;
  return request.headers.find(http::FieldId::idempotency_key) != nullptr ||
         request.headers.find(http::FieldId::x_idempotency_key) != nullptr;
}

}  // namespace

Forward::Forward(http::Exchange& exchange, const Server& server, bool pass_host_header,
                 ForwardMeter* meter) noexcept
    : exchange_(&exchange), server_(&server), target_(server.target), meter_(meter) {
  // A client of HTTP/1.0 may have sent no Host; the server gets one all the same.
  if (!pass_host_header || exchange.request().authority.empty()) options_.host = server.host;
  options_.path_prefix = server.path_prefix;
}

void Forward::start() noexcept {
  exchange_->end_attempt();  // the one before this, if there was one
  exchange_->trace().origin_status = 0;
  exchange_->set_client_end(this);
  exchange_->trace().server_url = server_->url;
  round_ = exchange_->round();
  if (meter_ != nullptr) begin_counting();
  if (target_ == nullptr) return give_up(http::Outcome::no_address, Sent::nothing);
  if (exchange_->request().wants_upgrade) target_ = &pool().http1_target(*target_);
  const TransportSettings& settings = pool().settings();
  options_.head_timeout_ms = settings.head_timeout_ms;
  if (settings.request_timeout_ms != 0) {
    request_due_ms_ = pool().loop().now_ms() + settings.request_timeout_ms;
    arm_timer();
  }
  connect();
}

void Forward::begin_counting() noexcept {
  exchange_->attempt = this;
  if (exchange_->tools != nullptr) began_ns_ = exchange_->tools->loop->now_ns();
  bytes_before_ = exchange_->trace().origin_bytes;
}

void Forward::on_exchange_end(http::Exchange& exchange) noexcept {
  const http::Trace& trace = exchange.trace();
  const std::uint16_t status = trace.origin_status != 0 ? trace.origin_status : own_status_;
  meter_->on_attempt_end(exchange, {.began_ns = began_ns_,
                                    .origin_bytes = trace.origin_bytes - bytes_before_,
                                    .status = status != 0 ? status : client_left});
}

void Forward::connect() noexcept {
  Target& target = *target_;
  http::ClientConnection* ready =
      fresh_only_ ? pool().take_another(target, refused_) : pool().take(target);
  if (ready != nullptr) return begin(*ready);
  if (!pool().may_open(target) && fresh_only_) pool().close_coldest(target);
  if (!pool().may_dial(target)) return wait();
  dial_ = exchange_->arena().make<Dial>(target, static_cast<DialUser&>(*this));
  dial_->start();
}

// Somebody else's dial is waited for no longer than one of its own; a place, as long as it takes.
void Forward::wait() noexcept {
  target_->queue.join(*this);
  const std::uint64_t allowed = Dial::longest_ms(*target_);
  if (!waits_for_dial() || allowed == 0 || connect_due_ms_ != 0) return;
  connect_due_ms_ = pool().loop().now_ms() + allowed;
  arm_timer();
}

bool Forward::is_connecting() const noexcept {
  return connect_due_ms_ != 0 && exchange_->client_end() == this &&
         (waits_for_dial() || !ListNode<WaitTag>::is_linked());
}

void Forward::arm_timer() noexcept {
  std::uint64_t due = request_due_ms_;
  if (is_connecting()) due = due == 0 ? connect_due_ms_ : std::min(due, connect_due_ms_);
  if (due != 0) pool().loop().arm(*this, due);
}

void Forward::begin(http::ClientConnection& connection) noexcept {
  ++attempts_;
  ++exchange_->trace().attempts;
  connection.begin(*exchange_, *this, options_);
}

void Forward::on_connected(http::ClientConnection& connection) noexcept {
  begin(connection);
}

void Forward::on_dial_failed(http::Outcome outcome) noexcept {
  give_up(outcome, Sent::nothing);
}

void Forward::on_turn_to_connect() noexcept {
  connect();
}

// Nothing was written: nothing can have happened. A reused connection that died in silence was most likely closed by the
// server before the request came; only a request that may happen twice is risked on that guess. No byte of a body is kept, so
// none may have been given away.
bool Forward::may_send_again(const Failure& failure) const noexcept {
  if (attempts_ >= most_attempts || exchange_->request_taken()) return false;
  if (failure.unprocessed) return true;
  if (failure.outcome != http::Outcome::reset && failure.outcome != http::Outcome::closed)
    return false;
  if (!failure.wrote) return true;
  return failure.reused && !failure.answered && is_repeatable(exchange_->request());
}

void Forward::on_failed(http::Exchange&, const Failure& failure) noexcept {
  if (!may_send_again(failure)) {
    const bool was_seen = failure.wrote && !failure.unprocessed;
    return give_up(failure.outcome, was_seen ? Sent::something : Sent::nothing);
  }
  fresh_only_ = true;
  refused_ = failure.on;
  connect_due_ms_ = 0;
  exchange_->set_client_end(this);
  exchange_->hold_request();  // the connection that failed may have asked for it already
  connect();
}

void Forward::request_chunk(http::Exchange&, const http::Chunk&) noexcept {
  PM_CHECK(false, "a body is pulled only by a connection that takes it");
}

void Forward::cancel(http::Exchange&) noexcept {
  if (dial_ != nullptr) dial_->cancel();
  leave_queue();
}

void Forward::on_timer() noexcept {
  if (exchange_->round() != round_ || exchange_->answer_ended() || exchange_->is_tunnel()) return;
  const std::uint64_t now = pool().loop().now_ms();
  if (is_connecting() && now >= connect_due_ms_) {
    cancel(*exchange_);
    return give_up(http::Outcome::connect_timed_out, Sent::nothing);
  }
  if (request_due_ms_ == 0 || now < request_due_ms_) return arm_timer();
  pool().loop().gather().clear();
  exchange_->cancel_client_end();
  if (!exchange_->answer_begun()) return give_up(http::Outcome::request_timed_out, Sent::something);
  exchange_->trace().termination = code_of(http::Outcome::request_timed_out);
  exchange_->cut_response();
}

void Forward::give_up(http::Outcome outcome, Sent sent) noexcept {
  const std::uint16_t status = status_of(outcome);
  own_status_ = status;
  if (meter_ != nullptr) meter_->on_failure(outcome);
  exchange_->trace().termination = code_of(outcome);
  http::prepare_reply(*exchange_, status, http::reason_phrase(status), http::BodyType::none);
  exchange_->response().is_unsent = sent == Sent::nothing;
  http::send_reply(*exchange_);
}

}  // namespace pm::upstream
