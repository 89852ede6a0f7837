// SPDX-License-Identifier: MIT
// server.cc -- the life of a Server, and the response's direction.
#include "h1/server.h"

#include "h1/write.h"
#include "net/remains.h"

#include <fmt/format.h>

#include <algorithm>

namespace pm::h1 {
namespace {

constexpr std::uint64_t discard_limit =
    65536;  // security.md section 2: up to 64 KiB, for at most the linger time
// What may be read and thrown away to keep a connection that was answered early; past it, closing is cheaper.
constexpr std::uint64_t drain_limit = 262144;

std::uint64_t earliest(std::uint64_t a, std::uint64_t b) noexcept {
  if (a == 0 || b == 0) return std::max(a, b);
  return std::min(a, b);
}

}  // namespace

Server::Server(Options options) noexcept
    : entry_(options.entry),
      opened_ms_(loop().now_ms()),
      secure_(std::move(options.secure)),
      client_(options.client),
      number_(static_cast<std::uint32_t>(options.number)) {}

Server::~Server() {
  carry_.release(loop().pools());
}

Server* Server::open(int fd, Options options) noexcept {
  auto* server = new Server(std::move(options));
  server->stream_ = net::Stream::open(server->loop(), fd, *server);
  if (server->stream_ == nullptr) {
    delete server;
    return nullptr;
  }
  server->arm_for_state();
  server->stream_->resume();
  return server;
}

Server* Server::adopt(net::Stream* stream, Options options, std::string_view early) noexcept {
  auto* server = new Server(std::move(options));
  server->stream_ = stream;
  stream->set_user(*server);
  server->carry_.append(server->loop().pools(), early);
  server->arm_for_state();
  server->stream_->resume();
  if (!early.empty()) stream->poke();
  return server;
}

// What only the present state needs goes with it; that of an exchange has gone with its arena.
void Server::enter(State next) noexcept {
  if (state_ == State::head) delete head_;
  head_ = nullptr;
  state_ = next;
}

// ---- time -------------------------------------------------------------------------------------------------------------

// One timer: its meaning follows from the state, and on_timer() judges anew.
void Server::arm_for_state() noexcept {
  const std::uint64_t now = loop().now_ms();
  std::uint64_t deadline = 0;
  const auto after = [](std::uint64_t from, std::uint64_t time) {
    return time == 0 ? 0 : from + time;
  };
  switch (state_) {
    case State::idle:
      // A fresh connection is bound like a request: it has said nothing yet (static-config.md, readTimeout).
      deadline = requests_ == 0 ? after(opened_ms_, settings().read_timeout_ms)
                                : after(now, settings().idle_timeout_ms);
      if (stream_->queued() > 0) deadline = after(now, settings().stall_timeout_ms);
      break;
    case State::head:
      deadline = earliest(after(head_->began_ms, settings().head_timeout_ms),
                          after(head_->began_ms, settings().read_timeout_ms));
      break;
    case State::exchange:
      if (is_draining()) {
        deadline = serving_->answered_ms + std::max<std::uint64_t>(settings().linger_timeout_ms, 1);
        break;
      }
      if (body_is_due() && body_ != Body::raw)
        deadline = after(serving_->request_ms, settings().read_timeout_ms);
      if (is_rated()) deadline = earliest(deadline, rate_deadline());
      if (serving_->response_ms != 0 && !exchange_->is_tunnel()) {
        deadline = earliest(deadline, after(serving_->response_ms, settings().write_timeout_ms));
      }
      if (stream_->is_blocked())
        deadline = earliest(deadline, after(now, settings().stall_timeout_ms));
      break;
    case State::closing:
      deadline = stream_->queued() > 0
                     ? after(now, settings().stall_timeout_ms)
                     : now + std::max<std::uint64_t>(settings().linger_timeout_ms, 1);
      break;
    case State::closed: break;
  }
  if (deadline == 0) return loop().disarm(*this);
  loop().arm(*this, deadline);
}

void Server::on_timer() noexcept {
  const std::uint64_t now = loop().now_ms();
  // A queue that moves is a client that reads: it may have its answer to the end.
  const bool moves = stream_ != nullptr && stream_->queued() > 0 && stream_->has_moved();
  switch (state_) {
    case State::head: return close();
    case State::closed: return;
    case State::idle:
    case State::closing:
      if (!moves) return close();
      stream_->mark();
      return arm_for_state();
    case State::exchange: break;
  }
  http::Exchange& exchange = *exchange_;
  if (is_draining()) {  // answered, and the body takes too long to end
    close_ = true;
    return finish_exchange();
  }
  const bool late_writing = settings().write_timeout_ms != 0 && serving_->response_ms != 0 &&
                            !exchange.is_tunnel() &&
                            now >= serving_->response_ms + settings().write_timeout_ms;
  const bool stalled = stream_->is_blocked() && !stream_->has_moved();
  const bool late_body = (body_is_due() && body_ != Body::raw && settings().read_timeout_ms != 0 &&
                          now >= serving_->request_ms + settings().read_timeout_ms) ||
                         (is_rated() && now >= rate_deadline());
  if (late_writing || (stalled && !late_body)) {
    exchange.trace().termination = late_writing ? "write-timeout" : "client-stalled";
    return cut(exchange);
  }
  if (late_body) {
    exchange.trace().termination = "client-body-timeout";
    loop().gather().clear();
    exchange.cancel_client_end();
    if (exchange.response_started()) return cut(exchange);
    exchange.trace().status = 504;
    return refuse({504, "the request body came too slowly"});
  }
  stream_->mark();
  arm_for_state();
}

// ---- answers ----------------------------------------------------------------------------------------------------------

// An answer that no exchange makes: the message was refused before anybody could serve it.
void Server::refuse(const Fault& fault) noexcept {
  const std::string_view phrase = http::reason_phrase(fault.status);
  const bool is_timeout = fault.status == 504;
  const std::string body = is_timeout ? std::string(phrase)
                                      : fmt::format("{} {}: {}\n", fault.status, phrase, fault.why);
  const std::string type =
      is_timeout ? ""
                 : "Content-Type: text/plain; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\n";
  // A method may have been read before the fault was found (RFC 9110 section 9.3.2).
  const bool is_head = exchange_ != nullptr && exchange_->request().method == "HEAD";
  const std::string_view sent = is_head ? std::string_view() : body;
  const std::string answer = fmt::format(
      "HTTP/1.1 {} {}\r\nDate: {}\r\n{}Content-Length: {}\r\nConnection: close\r\n\r\n{}",
      fault.status, phrase, entry_->context->date(), type, body.size(), sent);
  if (exchange_ != nullptr) exchange_->trace().response_bytes = sent.size();
  drop_exchange();
  stream_->write(answer);
  start_closing();
}

void Server::send_interim(http::Exchange& exchange, std::uint16_t status,
                          const http::Headers& headers) noexcept {
  if (exchange.request().version != http::Version::http11) return;
  if (status == 100) {
    if (owes_continue_) stream_->write("HTTP/1.1 100 Continue\r\n\r\n");
    owes_continue_ = false;
    return;
  }
  http::Response interim(exchange.arena());
  interim.status = status;
  for (const http::Field& field : headers) {
    if (!field.dropped) interim.headers.append(field.id, field.name, field.value);
  }
  const std::size_t size = write_response_head({}, interim, {});
  char* to = static_cast<char*>(exchange.arena().allocate(size, 1));
  write_response_head({to, size}, interim, {});
  stream_->write(std::string_view(to, size));
}

bool Server::must_close(const http::Exchange& exchange) const noexcept {
  const http::Request& request = exchange.request();
  if (!request.keep_alive || entry_->context->draining) return true;
  if (settings().max_requests != 0 && requests_ >= settings().max_requests) return true;
  const std::uint64_t now = entry_->context->loop->now_ms();
  if (settings().max_age_ms != 0 && now >= opened_ms_ + settings().max_age_ms) return true;
  // The rest of an unread body: worth reading only when it is short and the client is really sending it.
  if (!body_is_due()) return false;
  return owes_continue_ || body_ != Body::length || serving_->body_left > drain_limit;
}

void Server::send_head(http::Exchange& exchange) noexcept {
  http::Response& response = exchange.response();
  const http::Request& request = exchange.request();
  exchange.trace().status = response.status;
  serving_->response_ms = loop().now_ms();
  if (settings().write_timeout_ms != 0) arm_for_state();
  const bool old_client = request.version == http::Version::http10;
  ResponseFrame frame;
  frame.date = entry_->context->date();
  bodiless_ = request.method == "HEAD" || response.status == 204 || response.status == 304;
  frame.framing = response.framing;
  frame.content_length = response.content_length;
  if (exchange.is_tunnel()) {
    frame.framing = http::Framing::none;
    frame.connection = ConnectionWord::upgrade;
    frame.upgrade = response.headers.get(http::FieldId::upgrade);
    close_ = true;
  } else {
    const bool endless =
        frame.framing == http::Framing::chunked || frame.framing == http::Framing::until_close;
    close_ = must_close(exchange);
    if (endless && !bodiless_) {
      chunked_out_ = !old_client;
      frame.framing = old_client ? http::Framing::until_close : http::Framing::chunked;
      close_ = close_ || old_client;
    } else if (endless) {
      frame.framing = http::Framing::none;
    } else if (frame.framing == http::Framing::none && !bodiless_) {
      frame.framing = http::Framing::length;  // an answer of HTTP/2 that ended with its head
      frame.content_length = 0;
    }
    if (close_) {
      frame.connection = ConnectionWord::close;
    } else if (old_client) {
      frame.connection = ConnectionWord::keep_alive;
    }
  }
  net::Gather& gather = loop().gather();
  const std::size_t size = write_response_head(gather.room(), response, frame);
  if (size <= gather.room().size()) return gather.commit(size);
  char* to = static_cast<char*>(exchange.arena().allocate(size, 1));
  write_response_head({to, size}, response, frame);
  gather.add({to, size});
}

void Server::send_chunk(http::Exchange& exchange, const http::Chunk& chunk) noexcept {
  if (bodiless_) return;
  net::Gather& gather = loop().gather();
  exchange.trace().response_bytes += chunk.size;
  if (!gather.has_room(chunk.slices.size())) stream_->write(gather);
  if (chunked_out_) {
    char line[max_chunk_line];
    gather.add({line, write_chunk_line(line, chunk.size)});
  }
  for (const std::string_view slice : chunk.slices)
    gather.add(slice);
  if (chunked_out_) gather.add(chunk_end);
}

net::Stream* Server::raw_stream() noexcept {
  const bool is_raw = exchange_->is_tunnel() || (exchange_->response_started() && !chunked_out_);
  return is_raw && !bodiless_ ? stream_ : nullptr;
}

void Server::send_end(http::Exchange& exchange) noexcept {
  if (!chunked_out_) return;
  net::Gather& gather = loop().gather();
  const http::Headers& trailers = exchange.response().trailers;
  const std::size_t size = write_last_chunk(gather.room(), &trailers);
  if (size <= gather.room().size()) return gather.commit(size);
  char* to = static_cast<char*>(exchange.arena().allocate(size, 1));
  write_last_chunk({to, size}, &trailers);
  gather.add({to, size});
}

Flow Server::flush_response(http::Exchange& exchange) noexcept {
  const Flow flow = stream_->write(loop().gather());
  if (exchange.response_ended()) {
    response_flushed();
    return Flow::more;
  }
  if (flow == Flow::hold) {
    stream_->mark();
    arm_for_state();
  }
  return flow;
}

// The whole answer is the stream's. Is the request, too?
void Server::response_flushed() noexcept {
  if (exchange_->is_tunnel()) {
    stream_->shutdown_write();
    if (exchange_->request_received()) finish_exchange();
    return;
  }
  if (exchange_->request_received() || close_) return finish_exchange();
  exchange_->set_client_end(
      nullptr);  // whoever answered is done; the rest of the body goes nowhere
  wants_body_ = true;
  serving_->answered_ms = loop().now_ms();
  arm_for_state();
  stream_->resume();
  if (!input().empty()) stream_->poke();
}

void Server::finish_exchange() noexcept {
  const bool body_unread = body_is_due();
  drop_exchange();
  if (close_ || state_ == State::closing) {
    // FIN right away is enough when the client has nothing under way that a reset could collide with.
    const bool silent =
        !body_unread && input().empty() && !stream_->is_readable() && stream_->settle();
    return silent ? close() : start_closing();
  }
  enter(State::idle);
  stream_->mark();
  arm_for_state();
  if (stream_->queued() == 0) go_on();
}

// Between requests: what has come already is looked at, and more is read.
void Server::go_on() noexcept {
  if (carry_.empty()) carry_.release(loop().pools());
  stream_->resume();
  if (!carry_.empty()) stream_->poke();
}

// Ends the exchange for everybody who has a part in it.
void Server::drop_exchange() noexcept {
  http::Exchange* exchange = exchange_;
  if (exchange == nullptr) return;
  forget_incoming();
  exchange->cancel_client_end();
  if (!exchange->response_ended() && stream_ != nullptr) {  // what is still queued will not be sent
    http::Trace& trace = exchange->trace();
    trace.response_bytes -= std::min<std::uint64_t>(trace.response_bytes, stream_->queued());
  }
  exchange->end_attempt();
  if (exchange->on_end != nullptr) exchange->on_end->on_exchange_end(*exchange);
  exchange_ = nullptr;
  body_ = Body::none;
  wants_body_ = false;
  exchange->~Exchange();
  serving_ = nullptr;
  entry_->context->exchanges.give(exchange);
}

void Server::cut(http::Exchange&) noexcept {
  loop().gather().clear();
  if (state_ == State::closed) return;
  // A reset where the end of the connection would be read as the end of the answer (security.md section 3).
  const bool ambiguous = !chunked_out_ && exchange_ != nullptr && exchange_->response_started() &&
                         exchange_->response().framing != http::Framing::length;
  end(ambiguous ? net::Stream::Close::reset : net::Stream::Close::orderly);
}

void Server::client_gone() noexcept {
  if (exchange_ != nullptr && !exchange_->response_ended()) {
    http::Trace& trace = exchange_->trace();
    if (trace.termination.empty()) trace.termination = "client-gone";
    if (!exchange_->response_started()) trace.status = 499;
  }
  close();
}

// ---- end --------------------------------------------------------------------------------------------------------------

void Server::start_closing() noexcept {
  enter(State::closing);
  body_ = Body::none;
  discard_left_ = discard_limit;
  fresh_ = nullptr;
  stream_->shutdown_write();
  stream_->mark();
  arm_for_state();
  stream_->resume();
}

void Server::close() noexcept {
  if (state_ != State::closed) end(net::Stream::Close::orderly);
}

void Server::end(net::Stream::Close how) noexcept {
  drop_exchange();
  if (state_ == State::closed) return;  // by one of those that it told
  stream_->close(how);
  leave();
  entry_->owner->on_closed(*this);
}

// Nothing reaches this object any more.
void Server::leave() noexcept {
  enter(State::closed);
  stream_ = nullptr;
  fresh_ = nullptr;
  loop().disarm(*this);
  ListNode<Server>::unlink();
  loop().reactor().retire(new net::Remains(this));
}

void Server::close_if_idle() noexcept {
  if (state_ != State::idle || !input().empty()) return;
  stream_->settle() ? close() : start_closing();
}

void Server::on_drained() noexcept {
  switch (state_) {
    case State::closing:
      // The FIN is out; the client's own ends it, or the timer.
      return discard_left_ == 0 ? close() : arm_for_state();
    case State::idle: arm_for_state(); return go_on();
    case State::exchange: arm_for_state(); return exchange_->resume_response();
    case State::head:
    case State::closed: return;
  }
}

// The time in which the client must take something runs from now on.
void Server::on_blocked() noexcept {
  stream_->mark();
  arm_for_state();
}

// The client has sent its last byte while nobody reads. Before a pipelined request that is nothing special; otherwise it is
// gone, as for every HTTP server: whoever still wants the answer keeps his side open.
void Server::on_hangup() noexcept {
  if (!is_running() || exchange_->is_tunnel() || exchange_->response_ended()) return;
  if (carry_.empty() && stream_->at_end()) client_gone();
}

void Server::on_broken() noexcept {
  if (is_running()) return client_gone();
  close();
}

}  // namespace pm::h1
