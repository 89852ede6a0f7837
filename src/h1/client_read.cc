// SPDX-License-Identifier: MIT
// client_read.cc -- the answer's direction of a Client: heads judged, bodies decoded and handed on as they come.
#include "core/slice.h"
#include "core/text.h"
#include "h1/bytes.h"
#include "h1/client.h"
#include "http/hop.h"

#include <algorithm>
#include <array>

namespace pm::h1 {
namespace {

constexpr std::size_t read_budget = 524288;  // of one turn, then other streams have theirs
constexpr std::uint32_t max_interims = 20;   // security.md section 3
constexpr std::size_t max_trailer_bytes = 16384;
constexpr std::size_t long_body = 131072;  // worth a pipe

http::Chunk chunk_of(const std::string_view& slice) noexcept {
  return {{&slice, 1}, slice.size()};
}

}  // namespace

void Client::on_readable() noexcept {
  // Nothing may come while no request runs: the connection is dead, or the server is not to be trusted.
  if (state_ == State::idle) return give_up();
  std::size_t budget = read_budget;
  while (read_once(budget)) {
  }
}

bool Client::read_once(std::size_t& budget) noexcept {
  if (state_ == State::tunnel && carry_.empty() && relay(budget)) return false;
  if (relays_body() && relay_body(budget)) return false;
  net::Loop& loop = stream_->loop();
  const std::size_t most = large_reads_ ? net::Loop::large_read : net::Loop::small_read;
  const std::size_t room = exchange_ != nullptr ? std::min(most, exchange_->response_room()) : most;
  std::string_view bytes;
  net::Got got;
  if (carry_.empty()) {
    got = stream_->read(loop.read_buffer().data(), room);
    bytes = {loop.read_buffer().data(), got.size};
  } else {
    if (carry_.room() < 1024) carry_.grow(loop.pools(), 4096);
    got = stream_->read(carry_.tail(), carry_.room());
    carry_.commit(got.size);
    bytes = carry_.view();
  }
  if (got.status == net::Io::again) return false;
  if (got.status == net::Io::end) {
    server_ended();
    return false;
  }
  if (got.status == net::Io::failed) {
    fault(http::Outcome::reset);
    return false;
  }
  if (state_ == State::draining) return drain(bytes);
  answered_ = true;
  const bool was_full = got.size == room;
  take(bytes);
  if (exchange_ == nullptr || state_ == State::closed) return false;  // done, or gone
  const Flow flow = exchange_->flush_response();
  if (state_ == State::draining) return drain(bytes);
  if (exchange_ == nullptr || state_ == State::closed) return false;
  keep(bytes);  // not before the flush: what was handed on may be borrowed from carry_
  large_reads_ = was_full && flow == Flow::more;
  if (flow == Flow::hold) {
    stream_->pause();
    return false;
  }
  budget -= std::min(budget, got.size);
  return budget > 0 && stream_->is_readable();
}

// The bytes of a tunnel go to the client's socket past everybody else. False: they are to be read, for one that shares its own.
bool Client::relay(std::size_t budget) noexcept {
  net::Stream* const sink = exchange_->stream_to_client();
  if (sink == nullptr) return false;
  note_step(move_to(*sink, budget, SIZE_MAX));
  return true;
}

net::Relay::Step Client::move_to(net::Stream& sink, std::size_t budget, std::size_t most) noexcept {
  const net::Relay::Step step = relay_.move(*stream_, sink, budget, most);
  exchange_->trace().origin_bytes += relay_.taken();
  exchange_->trace().response_bytes += relay_.given();
  return step;
}

void Client::note_step(net::Relay::Step step) noexcept {
  switch (step) {
    case net::Relay::Step::copy:
    case net::Relay::Step::dry:
    case net::Relay::Step::more: break;
    case net::Relay::Step::hold:
      stream_->pause();
      exchange_->flush_response();  // the client's end minds how long it takes nothing
      break;
    case net::Relay::Step::end: server_ended(); break;
    case net::Relay::Step::failed: fault(http::Outcome::reset); break;
  }
}

bool Client::relays_body() const noexcept {
  return state_ == State::body && framing_ == http::Framing::length && carry_.empty() &&
         exchange_ != nullptr && relay_.is_due() &&
         (relay_.is_holding() || body_left_ >= net::Splice::long_read);
}

// The rest of a long body that nobody wants to see goes the same way, between plain sockets: their bytes need not be copied.
bool Client::relay_body(std::size_t budget) noexcept {
  net::Stream* const sink = exchange_->stream_to_client();
  if (sink == nullptr || !sink->is_plain() || !stream_->is_plain()) return false;
  const net::Relay::Step step = move_to(*sink, budget, body_left_);
  body_left_ -= relay_.taken();
  if (body_left_ > 0 || relay_.is_holding()) {
    note_step(step);
    return true;
  }
  // The edge is followed to its end, so that what comes on an idle connection is noticed; bytes behind the answer are no answer.
  const net::Got behind = stream_->read(stream_->loop().read_buffer().data(), 1);
  end_of_answer(behind.status == net::Io::again);
  return true;
}

// Takes off what can be used by now.
void Client::take(std::string_view& bytes) noexcept {
  bool goes_on = true;
  while (goes_on && exchange_ != nullptr && !bytes.empty()) {
    if (state_ == State::head) {
      goes_on = take_head(bytes);
    } else if (state_ == State::tunnel) {
      exchange_->trace().origin_bytes += bytes.size();
      exchange_->response_chunk(chunk_of(bytes));
      bytes = {};
    } else {
      goes_on = take_body(bytes);
    }
  }
}

// What cannot be used yet waits in carry_.
void Client::keep(std::string_view rest) noexcept {
  net::Loop& loop = stream_->loop();
  if (rest.empty()) return carry_.release(loop.pools());
  if (carry_.empty()) return carry_.append(loop.pools(), rest);
  carry_.consume(carry_.view().size() - rest.size());
}

// False: more bytes are needed, or the exchange has ended.
bool Client::take_head(std::string_view& bytes) noexcept {
  Lines lines;
  Fault refused;
  const Scan scan = scan_head(bytes, HeadKind::response, limits_, scan_, lines, refused);
  if (scan == Scan::incomplete) return false;
  if (scan == Scan::refused) {
    fail(http::Outcome::bad_response);
    return false;
  }
  http::Response& response = exchange_->response();
  response.headers.clear();
  const std::string_view block = exchange_->arena().copy(text::first(bytes, scan_.length));
  bytes.remove_prefix(scan_.length);
  scan_ = {};
  lines.move_to(block.data());
  ResponseHead head;
  if (parse_response(block, lines, limits_, exchange_->request().method, response, head)) {
    fail(http::Outcome::bad_response);
    return false;
  }
  if (response.status < 200 && response.status != 101) return take_interim(response, head);
  if (!take_final(response, head)) return false;
  const bool is_empty =
      framing_ == http::Framing::none || (framing_ == http::Framing::length && body_left_ == 0);
  const bool has_body = !is_empty && !head.claims_body;
  if (state_ != State::body || has_body) return true;
  end_of_answer(bytes.empty());
  return false;
}

bool Client::take_interim(http::Response& response, const ResponseHead&) noexcept {
  if (++interims_ > max_interims) {
    fail(http::Outcome::bad_response);
    return false;
  }
  http::prepare_for_client(response);
  http::Exchange* exchange = exchange_;
  // 100 lets the body go, and going it tells the client so.
  if (response.status != 100) exchange->interim(response.status, response.headers);
  if (exchange_ == exchange && response.status == 100) stop_waiting_for_continue();
  return exchange_ == exchange;
}

bool Client::take_final(http::Response& response, const ResponseHead& head) noexcept {
  http::Request& request = exchange_->request();
  if (response.status == 101) {
    const bool asked = request.wants_upgrade &&
                       text::equals_ignore_case(response.headers.get(http::FieldId::upgrade),
                                                request.headers.get(http::FieldId::upgrade));
    if (!asked) {
      fail(http::Outcome::bad_response);
      return false;
    }
  }
  stream_->loop().disarm(*this);
  waits_for_continue_ = false;
  exchange_->trace().origin_head_ns = stream_->loop().now_ns();
  exchange_->trace().origin_status = response.status;
  response.origin = http::Origin::server;
  keep_ = head.keep_alive;
  chunks_.reset();
  body_left_ = response.content_length;
  const bool announced = head.claims_body && response.status != 204 &&
                         response.headers.may_have(http::FieldId::content_length);
  if (response.status == 101) {
    open_tunnel();
    return exchange_ != nullptr;
  }
  state_ = State::body;
  http::prepare_for_client(response);
  // HEAD and 304 say how long the body would be.
  if (announced) response.framing = http::Framing::length;
  framing_ = response.framing;
  exchange_->response_head();
  if (framing_ == http::Framing::length && body_left_ >= long_body) relay_.expect_long();
  return exchange_ != nullptr && state_ == State::body;
}

void Client::open_tunnel() noexcept {
  state_ = State::tunnel;
  keep_ = false;
  http::Exchange* exchange = exchange_;
  http::Headers& headers = exchange->response().headers;
  const std::string_view protocol = headers.get(http::FieldId::upgrade);
  http::prepare_for_client(exchange->response());
  headers.append(http::FieldId::upgrade, protocol);  // of the hops it is the one that goes on
  exchange->open_tunnel();
  exchange->response_head();
  if (exchange_ != exchange) return;
  exchange->flush_response();
  if (exchange_ == exchange) exchange->resume_request();
}

bool Client::take_body(std::string_view& bytes) noexcept {
  if (in_trailers_) return take_trailers(bytes);
  switch (framing_) {
    case http::Framing::chunked: return take_chunked(bytes);
    case http::Framing::until_close:
      exchange_->trace().origin_bytes += bytes.size();
      exchange_->response_chunk(chunk_of(bytes));
      bytes = {};
      return exchange_ != nullptr;
    case http::Framing::none:
    case http::Framing::length: break;
  }
  const std::string_view slice =
      text::first(bytes, std::min<std::uint64_t>(bytes.size(), body_left_));
  bytes.remove_prefix(slice.size());
  body_left_ -= slice.size();
  exchange_->trace().origin_bytes += slice.size();
  if (!slice.empty()) exchange_->response_chunk(chunk_of(slice));
  if (exchange_ == nullptr || body_left_ > 0) return exchange_ != nullptr;
  end_of_answer(bytes.empty());
  return false;
}

bool Client::take_chunked(std::string_view& bytes) noexcept {
  std::array<std::string_view, 64> slices;
  std::size_t count = 0;
  std::size_t size = 0;
  ChunkReader::Step step = ChunkReader::Step::more;
  while (count < slices.size() && !bytes.empty()) {
    step = chunks_.read(bytes);
    if (step == ChunkReader::Step::trailers || step == ChunkReader::Step::fault) break;
    if (step != ChunkReader::Step::data) continue;
    slices[count++] = chunks_.data();
    size += chunks_.data().size();
  }
  exchange_->trace().origin_bytes += size;
  if (size > 0) exchange_->response_chunk({{slices.data(), count}, size});
  if (exchange_ == nullptr) return false;
  if (step == ChunkReader::Step::fault) {
    fault(http::Outcome::bad_response);
    return false;
  }
  if (step != ChunkReader::Step::trailers) return true;
  in_trailers_ = true;
  return bytes.empty() || take_trailers(bytes);
}

bool Client::take_trailers(std::string_view& bytes) noexcept {
  std::size_t length = bytes.starts_with("\r\n") ? 2 : 0;
  if (length == 0) {
    const std::size_t at = bytes.find("\r\n\r\n");
    length = at == std::string_view::npos ? 0 : at + 4;
  }
  if (length == 0) {
    if (bytes.size() > max_trailer_bytes || !may_become_clean(bytes))
      fault(http::Outcome::bad_response);
    return false;
  }
  const std::string_view block = exchange_->arena().copy(bytes.substr(0, length));
  bytes.remove_prefix(length);
  if (parse_trailers(block, limits_, exchange_->response().trailers)) {
    fault(http::Outcome::bad_response);
    return false;
  }
  end_of_answer(bytes.empty());
  return false;
}

// The exchange is let go before it hears of its end: whoever comes next finds a connection that carries nothing.
void Client::end_of_answer(bool clean) noexcept {
  http::Exchange* exchange = exchange_;
  const bool reusable = keep_ && clean && exchange->request_ended() && stream_->queued() == 0 &&
                        !stream_->saw_hangup();
  exchange->response_end();
  exchange->set_client_end(nullptr);
  exchange_ = nullptr;
  attempt_ = nullptr;
  exchange->flush_response();  // the last bytes may still be borrowed from carry_
  if (!reusable) return give_up();
  become_idle();
}

void Client::become_idle() noexcept {
  carry_.release(stream_->loop().pools());
  state_ = State::idle;
  ++carried_;
  owner_->on_idle(*this);
}

// The end of the stream: of the answer, if that is how it is delimited, and else too early.
void Client::server_ended() noexcept {
  if (state_ == State::draining) return give_up();
  if (state_ == State::head) return fail(http::Outcome::closed);
  if (state_ == State::tunnel) {
    server_done_ = true;
    stream_->pause();
    http::Exchange* exchange = exchange_;
    if (exchange->request_ended()) leave_tunnel();
    exchange->response_end();
    exchange->flush_response();
    return;
  }
  if (framing_ != http::Framing::until_close) return fault(http::Outcome::closed);
  keep_ = false;
  end_of_answer(true);
}

}  // namespace pm::h1
