// SPDX-License-Identifier: MIT
// client.cc -- the life of a Client, and the request's direction.
#include "h1/client.h"

#include "core/text.h"
#include "h1/write.h"

#include <algorithm>

namespace pm::h1 {
namespace {

constexpr std::uint64_t closing_ms = 60000;  // for a server that does not take the last bytes
constexpr std::uint64_t continue_wait_ms =
    1000;  // http-services.md section 6: then the body is sent all the same

// Methods whose receivers expect a body: without one they are told its length, 0.
bool announces_empty_body(std::string_view method) noexcept {
  return method == "POST" || method == "PUT" || method == "PATCH";
}

}  // namespace

Client::Client(net::Stream* stream, http::ConnectionOwner& owner, const HeadLimits& limits) noexcept
    : stream_(stream), owner_(&owner), limits_(limits), opened_ms_(stream->loop().now_ms()) {}

Client::~Client() {
  PM_CHECK(stream_ == nullptr, "a connection is closed before it dies");
}

Client* Client::adopt(net::Stream* stream, http::ConnectionOwner& owner,
                      const HeadLimits& limits) noexcept {
  auto* client = new Client(stream, owner, limits);
  stream->set_user(*client);
  stream->resume();
  return client;
}

void Client::begin(http::Exchange& exchange, http::Attempt& attempt,
                   const http::ForwardOptions& options) noexcept {
  PM_CHECK(state_ == State::idle, "a connection carries one exchange at a time");
  exchange_ = &exchange;
  attempt_ = &attempt;
  options_ = options;
  exchange.set_client_end(this);
  exchange.trace().sent_ns = loop().now_ns();
  state_ = State::head;
  scan_ = {};
  interims_ = 0;
  keep_ = answered_ = in_trailers_ = large_reads_ = server_done_ = false;
  waits_for_continue_ = false;
  head_due_ms_ = continue_due_ms_ = 0;
  relay_ = {};  // how the last answer flowed says nothing of this one
  stream_->mark();
  loop().disarm(*this);
  put_head();
  if (exchange.request_ended()) {
    if (chunked_out_)
      put_last_chunk();  // an empty body that somebody before us was given the end of
    stream_->write(loop().gather());
    return request_is_out();
  }
  if (exchange.request().expects_continue) {
    stream_->write(loop().gather());
    waits_for_continue_ = true;
    continue_due_ms_ = loop().now_ms() + continue_wait_ms;
    return loop().arm(*this, continue_due_ms_);
  }
  exchange.resume_request();  // what has come of the body already leaves with the head
  if (exchange_ == &exchange && !loop().gather().empty()) stream_->write(loop().gather());
}

void Client::put_head() noexcept {
  http::Request& request = exchange_->request();
  RequestFrame frame;
  frame.framing = request.framing;
  frame.content_length = request.content_length;
  if (request.framing == http::Framing::none && announces_empty_body(request.method))
    frame.framing = http::Framing::length;
  const bool pointless_length = frame.framing == http::Framing::length &&
                                frame.content_length == 0 && !announces_empty_body(request.method);
  if (pointless_length) frame.framing = http::Framing::none;
  frame.host = options_.host.empty() ? request.authority : options_.host;
  if (request.wants_upgrade) {
    frame.connection = ConnectionWord::upgrade;
    frame.upgrade = request.headers.get(http::FieldId::upgrade);
  }
  frame.te_trailers = request.headers.find(http::FieldId::te) != nullptr;
  frame.path_prefix = options_.path_prefix;
  chunked_out_ = request.framing == http::Framing::chunked;
  net::Gather& gather = loop().gather();
  const std::size_t size = write_request_head(gather.room(), request, frame);
  if (size <= gather.room().size()) return gather.commit(size);
  char* to = static_cast<char*>(exchange_->arena().allocate(size, 1));
  write_request_head({to, size}, request, frame);
  gather.add({to, size});
}

void Client::request_chunk(http::Exchange&, const http::Chunk& chunk) noexcept {
  net::Gather& gather = loop().gather();
  if (!gather.has_room(chunk.slices.size())) stream_->write(gather);
  if (chunked_out_) {
    char line[max_chunk_line];
    gather.add({line, write_chunk_line(line, chunk.size)});
  }
  for (const std::string_view slice : chunk.slices)
    gather.add(slice);
  if (chunked_out_) gather.add(chunk_end);
}

void Client::request_end(http::Exchange&) noexcept {
  if (state_ == State::tunnel) {
    stream_->write(loop().gather());
    stream_->shutdown_write();
    if (server_done_) leave_tunnel();
    return;
  }
  if (chunked_out_) put_last_chunk();
  request_is_out();
}

void Client::put_last_chunk() noexcept {
  net::Gather& gather = loop().gather();
  const http::Headers& trailers = exchange_->request().trailers;
  const std::size_t size = write_last_chunk(gather.room(), &trailers);
  if (size <= gather.room().size()) return gather.commit(size);
  char* to = static_cast<char*>(exchange_->arena().allocate(size, 1));
  write_last_chunk({to, size}, &trailers);
  gather.add({to, size});
}

Flow Client::flush_request(http::Exchange&) noexcept {
  return stream_->write(loop().gather());
}

net::Stream* Client::raw_stream() noexcept {
  return state_ == State::tunnel ? stream_ : nullptr;
}

// The response head is due from now on.
void Client::request_is_out() noexcept {
  if (state_ != State::head || options_.head_timeout_ms == 0) return;
  head_due_ms_ = loop().now_ms() + options_.head_timeout_ms;
  loop().arm(*this, head_due_ms_);
}

void Client::stop_waiting_for_continue() noexcept {
  if (!waits_for_continue_) return;
  waits_for_continue_ = false;
  continue_due_ms_ = 0;
  exchange_->resume_request();
}

void Client::on_timer() noexcept {
  const std::uint64_t now = stream_ != nullptr ? loop().now_ms() : 0;
  if (state_ == State::closed) return;
  if (state_ == State::idle || state_ == State::draining || state_ == State::closing)
    return give_up();
  if (waits_for_continue_ && now >= continue_due_ms_) stop_waiting_for_continue();
  if (state_ != State::head || head_due_ms_ == 0) return;
  if (now >= head_due_ms_) return fail(http::Outcome::head_timed_out);
  loop().arm(*this, head_due_ms_);
}

void Client::set_idle_deadline(std::uint64_t deadline_ms) noexcept {
  if (deadline_ms == 0) return loop().disarm(*this);
  loop().arm(*this, deadline_ms);
}

// The server takes bytes again.
void Client::on_drained() noexcept {
  if (state_ == State::closing) return give_up();
  if (exchange_ != nullptr && !exchange_->request_ended() && !waits_for_continue_)
    exchange_->resume_request();
}

void Client::on_hangup() noexcept {
}  // reading is paused: the end is met once the client has taken what came before it

void Client::on_broken() noexcept {
  if (state_ == State::idle || state_ == State::closing) return give_up();
  // Bytes that the server sent before it broke are still to be read; the read behind them will say so.
  if (stream_->is_readable() && !server_done_) return;
  fault(http::Outcome::reset);
}

void Client::resume_response(http::Exchange&) noexcept {
  if (!server_done_) stream_->resume();
}

// The exchange is over before the answer was: the connection is in the middle of something and cannot be kept. The end of
// a tunnel's bytes means something to the server: a tunnel that was cut must not look as if it had ended.
void Client::cancel(http::Exchange&) noexcept {
  exchange_ = nullptr;
  attempt_ = nullptr;
  loop().gather().clear();
  give_up(state_ == State::tunnel ? net::Stream::Close::reset : net::Stream::Close::orderly);
}

// Both sides have ended. What the server has not taken yet is still sent, and the end behind it.
void Client::leave_tunnel() noexcept {
  exchange_->set_client_end(nullptr);
  exchange_ = nullptr;
  attempt_ = nullptr;
  if (stream_->settle()) return give_up();
  state_ = State::closing;
  loop().arm(*this, loop().now_ms() + closing_ms);
  owner_->on_lingering(*this);
}

// Before the answer has begun somebody else may still try.
void Client::fail(http::Outcome outcome) noexcept {
  http::Exchange* exchange = exchange_;
  http::Attempt* attempt = attempt_;
  const http::Attempt::Failure failure{.outcome = outcome,
                                       .reused = carried_ > 0,
                                       .answered = answered_,
                                       .wrote = stream_->has_moved()};
  loop().gather().clear();
  exchange->set_client_end(nullptr);
  exchange_ = nullptr;
  attempt_ = nullptr;
  give_up();
  attempt->on_failed(*exchange, failure);
}

// Whatever is wrong, in whatever state.
void Client::fault(http::Outcome outcome) noexcept {
  if (exchange_ == nullptr) return give_up();
  if (state_ == State::head) return fail(outcome);
  http::Exchange* exchange = exchange_;
  // What was good of the answer goes on: whether it does must not depend on how it was cut into reads.
  exchange->flush_response();
  if (exchange_ != exchange) return;
  exchange->set_client_end(nullptr);
  exchange_ = nullptr;
  if (exchange->trace().termination.empty()) exchange->trace().termination = code_of(outcome);
  give_up();
  exchange->cut_response();
}

void Client::give_up(net::Stream::Close how) noexcept {
  if (state_ == State::closed) return;
  state_ = State::closed;
  exchange_ = nullptr;
  net::Loop& loop = stream_->loop();
  loop.disarm(*this);
  relay_.drop(loop);
  carry_.release(loop.pools());
  stream_->close(how);
  stream_ = nullptr;
  owner_->on_gone(*this);
  loop.reactor().retire(static_cast<net::Mortal*>(this));
}

void Client::close() noexcept {
  give_up();
}

}  // namespace pm::h1
