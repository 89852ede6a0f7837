// SPDX-License-Identifier: MIT
// server_read.cc -- the request's direction of a Server: heads found, bodies decoded and handed over when they are wanted.
//
// Unread bytes are in one of two places: `fresh_`, a view into the worker's read buffer that is the outermost call's and gone
// when that returns, or `carry_`, a buffer of this connection. They are never in both. Bytes are taken off before they are handed
// over: what is called may end the exchange, and a byte of a body must never be left to be read as a request.
#include "core/slice.h"
#include "h1/bytes.h"
#include "h1/chunk.h"
#include "h1/server.h"
#include "http/body_rate.h"
#include "net/relay.h"

#include <algorithm>
#include <array>

namespace pm::h1 {
namespace {

constexpr std::size_t read_budget = 262144;  // of one turn, then other streams have theirs
constexpr int heads_a_turn = 32;  // pipelined requests that are answered at once, likewise
constexpr std::size_t max_trailer_bytes = 16384;

// Where a trailer section ends: behind an empty line. 0: not yet.
std::size_t section_end(std::string_view bytes) noexcept {
  if (bytes.starts_with("\r\n")) return 2;
  const std::size_t at = bytes.find("\r\n\r\n");
  return at == std::string_view::npos ? 0 : at + 4;
}

}  // namespace

struct Server::Batch {
  std::array<std::string_view, 64> slices;
  std::size_t count = 0;
  std::size_t size = 0;      // of the slices
  std::size_t consumed = 0;  // bytes of the input that are done with
  bool ended = false;
  const char* fault = nullptr;

  void add(std::string_view slice) noexcept {
    slices[count++] = slice;
    size += slice.size();
  }
};

struct Server::Incoming {
  ChunkReader chunks;
  http::BodyRate rate;  // while is_rated()
  net::Relay relay;     // of a tunnel, towards the server
};

void Server::on_readable() noexcept {
  if (state_ == State::closing) return discard();
  if (!carry_.empty()) take_input();
  if (state_ != State::closed && stream_->is_readable()) read_some();
}

bool Server::takes_input() const noexcept {
  if (state_ == State::exchange) return wants_body_ && body_is_due();
  // Pipelined requests wait their turn, and a client that does not read what it is sent gets no more.
  if (state_ == State::idle)
    return stream_->queued() == 0 && carry_.view().size() < net::Loop::small_read;
  return state_ == State::head;
}

void Server::read_some() noexcept {
  std::size_t budget = read_budget;
  while (read_once(budget)) {
  }
}

// False: enough for this turn. A stream that is still readable and not paused queues itself again.
bool Server::read_once(std::size_t& budget) noexcept {
  if (state_ == State::closing) return false;  // refused meanwhile; discard() reads the rest
  if (!takes_input()) {
    if (state_ == State::exchange || stream_->queued() > 0) stream_->pause();
    return false;
  }
  if (body_ == Body::raw && carry_.empty() && relay(budget)) return false;
  const bool has_carry = !carry_.empty();
  if (has_carry && carry_.room() < 1024) carry_.grow(loop().pools(), 4096);
  const bool streaming = state_ == State::exchange && serving_->body_left > net::Loop::small_read;
  char* const to = has_carry ? carry_.tail() : loop().read_buffer().data();
  const std::size_t most = streaming ? net::Loop::large_read : net::Loop::small_read;
  const net::Got got = stream_->read(to, has_carry ? carry_.room() : most);
  if (got.status == net::Io::again) return false;
  if (got.status != net::Io::ok) {
    got.status == net::Io::end ? peer_ended() : on_broken();
    return false;
  }
  std::string_view fresh(to, got.size);
  if (has_carry) {
    carry_.commit(got.size);
  } else {
    fresh_ = &fresh;  // until take_input() returns
  }
  take_input();
  budget -= std::min(budget, got.size);
  return budget > 0 && state_ != State::closed && state_ != State::closing &&
         stream_->is_readable();
}

// The bytes of a tunnel go to the server's socket past everybody else. False: they are to be read, for one that shares its own.
bool Server::relay(std::size_t budget) noexcept {
  net::Stream* const sink = exchange_->stream_to_server();
  if (sink == nullptr) return false;
  carry_.release(loop().pools());  // bytes that came before the tunnel was there, and that are gone
  net::Relay& relay = serving_->incoming->relay;
  const net::Relay::Step step = relay.move(*stream_, *sink, budget);
  exchange_->trace().request_bytes += relay.taken();
  switch (step) {
    case net::Relay::Step::copy:
    case net::Relay::Step::dry:
    case net::Relay::Step::more: break;
    case net::Relay::Step::hold:
      wants_body_ = false;
      stream_->pause();
      break;
    case net::Relay::Step::end: peer_ended(); break;
    case net::Relay::Step::failed: on_broken(); break;
  }
  return true;
}

void Server::advance(std::size_t count) noexcept {
  if (fresh_ != nullptr) return fresh_->remove_prefix(count);
  carry_.consume(count);
}

// Nothing of this connection stays in the worker's buffer, and an empty buffer goes back to its pool.
void Server::tidy() noexcept {
  if (state_ == State::closing || state_ == State::closed) {
    fresh_ = nullptr;
    return carry_.release(loop().pools());
  }
  if (carry_.empty()) carry_.release(loop().pools());
  if (fresh_ != nullptr) carry_.append(loop().pools(), *fresh_);
  fresh_ = nullptr;
}

// Uses up what is unread as far as the state allows, and keeps the rest for later.
void Server::take_input() noexcept {
  int heads = 0;
  while (!input().empty()) {
    const std::size_t before = input().size();
    if (state_ == State::idle && stream_->queued() > 0) break;
    if (state_ == State::idle || state_ == State::head) {
      if (++heads > heads_a_turn) {
        stream_->poke();
        break;
      }
      take_head();
      const bool waits = state_ == State::head || state_ == State::idle;
      if (waits && input().size() == before) break;
    } else if (is_running() && wants_body_ && body_is_due()) {
      if (!deliver_body()) break;
    } else {
      break;
    }
  }
  tidy();
}

// The first bytes of a connection, as far as they have come.
bool Server::may_be_http2() const noexcept {
  if (requests_ > 0 || !settings().takes_http2 || secure_ != nullptr) return false;
  const std::string_view bytes = input();
  return bytes.substr(0, http::http2_preface.size()) == http::http2_preface.substr(0, bytes.size());
}

void Server::give_away() noexcept {
  net::Stream* const stream = stream_;
  const std::string_view early = input();
  leave();
  entry_->owner->on_http2(*this, stream, early);
}

void Server::begin_head() noexcept {
  enter(State::head);
  head_ = new Head{.scan = {}, .began_ms = loop().now_ms()};
}

void Server::take_head() noexcept {
  if (input().front() == 'P' && may_be_http2()) {
    if (input().size() >= http::http2_preface.size()) return give_away();
    if (state_ == State::idle) begin_head();
    return arm_for_state();
  }
  Lines lines;
  Fault fault;
  HeadScan place = state_ == State::head ? head_->scan : HeadScan{};
  const Scan scan = scan_head(input(), HeadKind::request, settings().limits, place, lines, fault);
  if (scan == Scan::refused) return refuse(fault);
  if (scan == Scan::incomplete) {
    // Empty lines begin no request: the connection stays as idle as it was, and its time runs on.
    if (input().size() == place.skipped) return;
    if (state_ == State::idle) begin_head();
    head_->scan = place;
    return arm_for_state();
  }
  const std::string_view block = text::behind(text::first(input(), place.length), place.skipped);
  if (!start_exchange(block, lines)) return;
  advance(place.length);
  entry_->handler->on_request(*exchange_);
  if (is_running() && !wants_body_) stream_->pause();
}

bool Server::start_exchange(std::string_view block, Lines& lines) noexcept {
  const std::uint64_t began_ms = state_ == State::head ? head_->began_ms : loop().now_ms();
  http::CodecContext& context = *entry_->context;
  exchange_ = new (context.exchanges.take()) http::Exchange(context.blocks, *this);
  enter(State::exchange);
  serving_ = exchange_->arena().make<Serving>();
  serving_->request_ms = began_ms;
  http::Request& request = exchange_->request();
  request.head = exchange_->arena().copy(block);
  lines.move_to(request.head.data());
  const Fault fault = parse_request(request.head, lines, settings().limits, request);
  if (fault) {
    refuse(fault);
    return false;
  }
  if (requests_ != UINT32_MAX) ++requests_;
  request.client = client_;
  request.secure = secure_.get();
  http::Trace& trace = exchange_->trace();
  trace.started_ns = loop().now_ns();
  trace.connection = number_;
  owes_continue_ = request.expects_continue;
  close_ = chunked_out_ = bodiless_ = wants_body_ = false;
  set_body(request);
  arm_for_state();
  return true;
}

std::uint64_t Server::rate_deadline() const noexcept {
  return serving_->incoming->rate.deadline_ms();
}

void Server::forget_incoming() noexcept {
  if (serving_->incoming != nullptr) serving_->incoming->relay.drop(loop());
  serving_->incoming = nullptr;
}

void Server::set_body(const http::Request& request) noexcept {
  body_ = Body::none;
  if (request.framing == http::Framing::length && request.content_length > 0) {
    body_ = Body::length;
    serving_->body_left = request.content_length;
  } else if (request.framing == http::Framing::chunked) {
    body_ = Body::chunked;
  }
  if (body_ == Body::none) return exchange_->note_empty_request();
  serving_->incoming = exchange_->arena().make<Incoming>();
}

// The sink wants the body. What is unread goes to it at once, the rest as it comes.
void Server::resume_request(http::Exchange& exchange) noexcept {
  if (exchange.is_tunnel() && !exchange.request_received()) {
    body_ = Body::raw;
    if (serving_->incoming == nullptr) serving_->incoming = exchange.arena().make<Incoming>();
  }
  if (!is_running() || !body_is_due()) return;
  if (!wants_body_) {
    wants_body_ = true;
    serving_->incoming->rate.begin(loop().now_ms());
    if (is_rated()) arm_for_state();
  }
  if (owes_continue_) {
    owes_continue_ = false;
    if (!exchange.response_started()) stream_->write("HTTP/1.1 100 Continue\r\n\r\n");
  }
  while (is_running() && wants_body_ && body_is_due() && !input().empty()) {
    if (!deliver_body()) break;
  }
  if (is_running() && wants_body_ && body_is_due()) stream_->resume();
}

void Server::hold_request(http::Exchange&) noexcept {
  if (!is_running() || !body_is_due()) return;
  wants_body_ = false;
  stream_->pause();
}

// One step: everything that is unread, or one batch of chunks; then the sink says whether it takes more. False: no progress
// without more input.
bool Server::deliver_body() noexcept {
  if (body_ == Body::length || body_ == Body::raw) return deliver_plain();
  Batch batch;
  decode(batch);
  if (batch.fault != nullptr) {
    body_fault(batch.fault);
    return false;
  }
  advance(batch.consumed);
  deliver({{batch.slices.data(), batch.count}, batch.size}, batch.ended);
  return batch.consumed > 0;
}

// Of a known length, or a tunnel's: the body is what stands on the wire.
bool Server::deliver_plain() noexcept {
  std::string_view bytes = input();
  bool is_last = false;
  if (body_ == Body::length) {
    bytes = text::first(bytes, std::min<std::uint64_t>(bytes.size(), serving_->body_left));
    serving_->body_left -= bytes.size();
    is_last = serving_->body_left == 0;
  }
  advance(bytes.size());
  deliver({{&bytes, 1}, bytes.size()}, is_last);
  return true;
}

// `chunk` may be empty with the end.
void Server::deliver(const http::Chunk& chunk, bool is_last) noexcept {
  if (is_rated())
    serving_->incoming->rate.note(loop().now_ms(), chunk.size, settings().min_body_rate);
  if (is_last) {
    body_ = Body::none;
    wants_body_ = false;
  }
  http::Exchange& exchange = *exchange_;
  if (chunk.size > 0) exchange.request_chunk(chunk);
  if (is_running() && is_last) exchange.request_end();
  const Flow flow = is_running() ? exchange.flush_request() : Flow::more;
  if (!is_running()) return;
  if (is_last) {
    end_request_body();
  } else if (flow == Flow::hold) {
    wants_body_ = false;
    stream_->pause();
  }
}

void Server::decode(Batch& batch) noexcept {
  if (body_ == Body::chunked) return decode_chunked(input(), batch);
  if (body_ == Body::trailers) return decode_trailers(input(), batch);
}

void Server::decode_chunked(std::string_view input, Batch& batch) noexcept {
  const std::size_t before = input.size();
  while (batch.count < batch.slices.size() && !input.empty()) {
    switch (serving_->incoming->chunks.read(input)) {
      case ChunkReader::Step::fault: batch.fault = "malformed chunk"; return;
      case ChunkReader::Step::data: batch.add(serving_->incoming->chunks.data()); break;
      case ChunkReader::Step::more: break;
      case ChunkReader::Step::trailers:
        body_ = Body::trailers;
        batch.consumed = before - input.size();
        return decode_trailers(input, batch);
    }
  }
  batch.consumed = before - input.size();
}

// The section is read whole; what has come of it so far stays unread until then.
void Server::decode_trailers(std::string_view input, Batch& batch) noexcept {
  const std::size_t length = section_end(input);
  if (length == 0) {
    if (input.size() > max_trailer_bytes) batch.fault = "trailers too large";
    if (!may_become_clean(input)) batch.fault = "control byte or bare line end in the trailers";
    return;
  }
  const std::string_view block = exchange_->arena().copy(input.substr(0, length));
  batch.consumed += length;
  batch.ended = true;
  if (const Fault fault = parse_trailers(block, settings().limits, exchange_->request().trailers)) {
    batch.fault = fault.why;
  }
}

// The body has been read to its end: the next thing on this connection is a request, once the answer is out.
void Server::end_request_body() noexcept {
  if (exchange_->response_ended()) return response_flushed();
  stream_->pause();
  arm_for_state();
}

// The message cannot be trusted beyond this byte. Nobody upstream may take it for complete.
void Server::body_fault(const char* why) noexcept {
  http::Exchange& exchange = *exchange_;
  exchange.trace().termination = "bad-request-body";
  loop().gather().clear();
  exchange.cancel_client_end();
  if (exchange.response_started()) return cut(exchange);
  exchange.trace().status = 400;
  refuse({400, why});
}

// The client sends no more: between requests that is the end, inside one it has left, in a tunnel it is a half close.
void Server::peer_ended() noexcept {
  // An answer of this pass may not be out yet.
  if (!is_running()) return stream_->settle() ? close() : start_closing();
  if (body_ != Body::raw) return client_gone();
  body_ = Body::none;
  wants_body_ = false;
  stream_->pause();
  exchange_->request_end();
  if (is_running()) exchange_->flush_request();
  if (is_running() && exchange_->response_ended()) response_flushed();
}

// After a refusal, or an answer that came before its request was read: input is thrown away for a moment, so that the answer
// is not lost to a reset.
void Server::discard() noexcept {
  do {
    const net::Got got = stream_->read(loop().read_buffer().data(), net::Loop::small_read);
    if (got.status == net::Io::again) return;
    if (got.status == net::Io::failed) return close();
    if (got.status == net::Io::end || got.size >= discard_left_) {
      discard_left_ = 0;
      // The answer comes first; on_drained() goes on from here.
      return stream_->queued() > 0 ? stream_->pause() : close();
    }
    discard_left_ -= got.size;
  } while (stream_->is_readable());
}

}  // namespace pm::h1
