// SPDX-License-Identifier: MIT
#include "h2/server_stream.h"

#include "h2/server.h"
#include "h2/write.h"
#include "http/reply.h"

#include <algorithm>

namespace pm::h2 {

ServerStream::ServerStream(Server& server, std::int32_t id)
    : Stream(server, id), began_ms_(server.loop().now_ms()) {
  http::CodecContext& codecs = server.codecs();
  exchange_ = new (codecs.exchanges.take()) http::Exchange(codecs.blocks, *this);
}

ServerStream::~ServerStream() {
  PM_CHECK(exchange_ == nullptr, "an exchange ends before its stream");
}

Server& ServerStream::server() noexcept {
  return static_cast<Server&>(*session_);
}

// ---- the head ---------------------------------------------------------------------------------------------------------

void ServerStream::add_field(std::string_view name, std::string_view value) {
  if (exchange_ == nullptr) return;
  http::Request& request = exchange_->request();
  const FieldLimits& limits = server().settings_->limits;
  if (state_ == State::head) return fields_.add(request, limits, name, value);
  if (!trailer_fields_.add(request.trailers, limits, name, value)) refuse_fields();
}

// Of a head: known when it is complete. Of trailers: what was sent so far must not be taken for a whole request.
void ServerStream::refuse_fields() noexcept {
  if (state_ == State::head) return fields_.refuse();
  fault_ = FieldFault::malformed;
  session_->changed(*this);
}

void ServerStream::head_is_complete(bool ends) noexcept {
  if (state_ != State::head) return;
  state_ = State::ready;
  http::Request& request = exchange_->request();
  fault_ = fields_.finish(request, ends);
  if (request.framing == http::Framing::length) announced_ = request.content_length;
  if (ends) exchange_->note_empty_request();
  session_->changed(*this);
}

// The library judges this, too; a server must not be told of an end that is none.
bool ServerStream::is_short() const noexcept {
  return remote_ended_ && announced_ != unknown && received_ != announced_;
}

void ServerStream::on_begin() noexcept {
  if (exchange_ != nullptr && is_short()) fault_ = FieldFault::malformed;
  if (fault_ == FieldFault::malformed) {
    session_->reset(*this, NGHTTP2_PROTOCOL_ERROR);
    return give_up("bad-request");
  }
  if (state_ == State::ready && !closed_) serve();
}

void ServerStream::serve() noexcept {
  state_ = State::serving;
  Server& owner = server();
  ++owner.requests_;
  http::Request& request = exchange_->request();
  request.client = owner.client_;
  request.secure = owner.secure_.get();
  http::Trace& trace = exchange_->trace();
  trace.started_ns = owner.loop().now_ns();
  trace.connection = owner.number_;
  switch (fault_) {
    case FieldFault::none: break;
    case FieldFault::long_path: return refuse(414);
    case FieldFault::expectation: return refuse(417);
    case FieldFault::too_large:
    case FieldFault::too_many:
    case FieldFault::flood:
    case FieldFault::malformed: return refuse(431);
  }
  owes_continue_ = request.expects_continue;
  owner.handler_->on_request(*exchange_);
}

// Nobody but the codec sees such a request; it is answered, and no more of it is wanted.
void ServerStream::refuse(std::uint16_t status) noexcept {
  const std::string_view phrase = http::reason_phrase(status);
  Arena& arena = exchange_->arena();
  char code[4] = {static_cast<char>('0' + status / 100), static_cast<char>('0' + status / 10 % 10),
                  static_cast<char>('0' + status % 10), ' '};
  const std::string_view body = arena.join({code, sizeof code}, phrase, "\n");
  http::reply(*exchange_, status, body, http::BodyType::plain);
}

// ---- the request's body -----------------------------------------------------------------------------------------------

void ServerStream::resume_request(http::Exchange& exchange) noexcept {
  if (exchange_ == nullptr) return;
  if (owes_continue_) {
    owes_continue_ = false;
    if (!exchange.response_started() && received_ == 0)
      send_interim(exchange, 100, http::Headers(exchange.arena()));
  }
  pull();
}

// ---- the answer -------------------------------------------------------------------------------------------------------

void ServerStream::send_interim(http::Exchange& exchange, std::uint16_t status,
                                const http::Headers& headers) noexcept {
  if (closed_ || !session_->is_open()) return;
  if (status == 100) owes_continue_ = false;
  http::Response interim(exchange.arena());
  for (const http::Field& field : headers) {
    if (!field.dropped) interim.headers.append(field.id, field.name, field.value);
  }
  const auto fields = response_fields(interim, {.status = status, .date = {}}, exchange.arena());
  nghttp2_submit_headers(session_->library(), NGHTTP2_FLAG_NONE, id_, nullptr, fields.data(),
                         fields.size(), nullptr);
  session_->mark();
}

void ServerStream::send_head(http::Exchange& exchange) noexcept {
  http::Response& response = exchange.response();
  // RFC 8441 section 5: 2xx would tell the client of a tunnel, and it would read this body as frames of a WebSocket.
  const bool is_taken_for_tunnel = exchange.request().wants_upgrade && response.status / 100 == 2;
  if (is_taken_for_tunnel && !exchange.is_tunnel()) response.status = 502;
  exchange.trace().status = response.status;
  answered_ms_ = progress_ms_ = session_->loop().now_ms();
  if (closed_ || !session_->is_open()) return;
  if (exchange.is_tunnel()) return submit(response, 200, true, false);
  bodiless_ =
      exchange.request().method == "HEAD" || response.status == 204 || response.status == 304;
  const bool has_length = response.framing == http::Framing::length;
  const bool is_empty =
      response.framing == http::Framing::none || (has_length && response.content_length == 0);
  submit(response, response.status, !bodiless_ && !is_empty, has_length);
}

void ServerStream::submit(const http::Response& response, std::uint16_t status, bool has_body,
                          bool has_length) noexcept {
  ResponseFrame frame;
  frame.status = status;
  frame.has_length = has_length;
  frame.content_length = response.content_length;
  frame.date = server().codecs().date();
  const auto fields = response_fields(response, frame, exchange_->arena());
  const nghttp2_data_provider provider = source();
  if (!has_body) queue_end();
  nghttp2_submit_response(session_->library(), id_, fields.data(), fields.size(),
                          has_body ? &provider : nullptr);
  session_->mark();
}

void ServerStream::send_chunk(http::Exchange& exchange, const http::Chunk& chunk) noexcept {
  if (bodiless_) return;
  exchange.trace().response_bytes += chunk.size;
  queue(chunk);
}

const http::Headers* ServerStream::trailers() const noexcept {
  if (exchange_ == nullptr || exchange_->is_tunnel()) return nullptr;
  return &exchange_->response().trailers;
}

void ServerStream::source_may_go_on() noexcept {
  if (exchange_ != nullptr && !exchange_->response_ended()) exchange_->resume_response();
}

std::size_t ServerStream::room(http::Exchange&) noexcept {
  return server().fair_share();
}

void ServerStream::cut(http::Exchange& exchange) noexcept {
  if (exchange.response_started()) session_->send_now();
  session_->reset(*this, NGHTTP2_INTERNAL_ERROR);
  drop_exchange();
}

// ---- the end ----------------------------------------------------------------------------------------------------------

void ServerStream::on_change() noexcept {
  if (closed_) return client_gone();
  finish_if_done();
}

// Our last frame is out. A tunnel has two ends; of any other request what is still to come is of no use to anybody.
void ServerStream::finish_if_done() noexcept {
  if (!local_ended_ || exchange_ == nullptr) return;
  if (exchange_->is_tunnel() && !exchange_->request_received()) return;
  if (!remote_ended_) session_->reset(*this, NGHTTP2_NO_ERROR);
  drop_exchange();
}

// The library has forgotten the stream: both sides have ended, or one of them has reset it.
void ServerStream::client_gone() noexcept {
  if (exchange_ != nullptr && !(local_ended_ && remote_ended_)) {
    http::Trace& trace = exchange_->trace();
    if (trace.termination.empty()) trace.termination = "client-gone";
    if (!exchange_->response_started()) trace.status = 499;
  }
  drop_exchange();
  server().forget(*this);
}

void ServerStream::give_up(std::string_view why) noexcept {
  if (exchange_ == nullptr) return;
  http::Trace& trace = exchange_->trace();
  if (trace.termination.empty()) trace.termination = why;
  if (!exchange_->response_started()) trace.status = why == "bad-request" ? 400 : 499;
  drop_exchange();
}

void ServerStream::drop_exchange() noexcept {
  http::Exchange* exchange = exchange_;
  if (exchange == nullptr) return;
  exchange_ = nullptr;
  exchange->cancel_client_end();
  http::Trace& trace = exchange->trace();
  trace.response_bytes -= std::min<std::uint64_t>(trace.response_bytes, waiting());
  state_ = State::done;
  drop_bytes();
  discard();
  exchange->end_attempt();
  if (exchange->on_end != nullptr) exchange->on_end->on_exchange_end(*exchange);
  exchange->~Exchange();
  server().codecs().exchanges.give(exchange);
}

bool ServerStream::is_too_slow(std::uint64_t now) noexcept {
  const std::uint64_t least = server().settings_->min_body_rate;
  if (least == 0) return false;
  const bool is_first = rated_ == 0 && rate_.deadline_ms() == 0;
  if (is_first || !awaits_more()) {
    rate_.begin(now);
  } else {
    rate_.note(now, received_ - rated_, least);
  }
  rated_ = received_;
  return rate_.is_over(now);
}

// Once a second.
void ServerStream::look_at_time(std::uint64_t now) noexcept {
  if (exchange_ == nullptr) return;
  const ServerSettings& limits = *server().settings_;
  const auto is_over = [now](std::uint64_t since, std::uint64_t allowed) {
    return allowed != 0 && now >= since + allowed;
  };
  http::Exchange& exchange = *exchange_;
  const bool body_is_due = !remote_ended_ && !exchange.is_tunnel();
  if (body_is_due && (is_over(began_ms_, limits.read_timeout_ms) || is_too_slow(now))) {
    exchange.trace().termination = "client-body-timeout";
    exchange.cancel_client_end();
    if (exchange.response_started()) return cut(exchange);
    return http::reply(exchange, 504, http::reason_phrase(504), http::BodyType::none);
  }
  if (answered_ms_ == 0) return;
  if (sent_ != progress_ || out_.empty()) progress_ = sent_, progress_ms_ = now;
  const bool is_late = !exchange.is_tunnel() && is_over(answered_ms_, limits.write_timeout_ms);
  const bool is_stalled = !out_.empty() && is_over(progress_ms_, limits.stall_timeout_ms);
  if (!is_late && !is_stalled) return;
  exchange.trace().termination = is_late ? "write-timeout" : "client-stalled";
  cut(exchange);
}

}  // namespace pm::h2
