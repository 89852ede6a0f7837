// SPDX-License-Identifier: MIT
#include "h2/stream.h"

#include "h2/session.h"
#include "h2/write.h"

#include <algorithm>
#include <array>
#include <utility>

namespace pm::h2 {
namespace {

constexpr std::uint64_t first_window = 65535;  // RFC 9113 section 6.9.2
constexpr std::uint64_t largest_window = 1 << 20;
constexpr std::size_t worth_lending = 16384;  // a send of its own costs less than two copies of it
constexpr std::size_t worth_a_piece = 4096;

}  // namespace

Stream::~Stream() {
  drop_bytes();
}

void Stream::drop_bytes() noexcept {
  BytePools& pools = session_->loop().pools();
  session_->queued_ -= waiting();
  lent_ = {};
  out_.clear(pools);
  in_.clear(pools);
}

// ---- receiving --------------------------------------------------------------------------------------------------------

void Stream::arrived(std::span<const std::string_view> slices, std::size_t size) noexcept {
  if (size == 0) return;
  received_ += size;
  if (session_->role_ == Session::Role::client)
    nghttp2_session_consume_connection(session_->library(), size);
  if (!has_sink()) return discard_now(size);
  fresh_ = slices;
  fresh_size_ = size;
}

// What nobody has asked for by now waits.
void Stream::keep_fresh() noexcept {
  if (wants_ && !passing_) return pull();
  for (const std::string_view slice : fresh_)
    in_.append(session_->loop().pools(), slice);
  fresh_ = {};
}

void Stream::pass(const http::Chunk& chunk, bool is_last) noexcept {
  passing_ = true;
  untaken_ += chunk.size;
  hand_over(chunk);
  if (is_last && has_sink()) {
    end_passed_ = true;
    hand_over_end();
  }
  const Flow flow = has_sink() ? flush_sink() : Flow::more;
  passing_ = false;
  if (flow == Flow::hold) {
    wants_ = false;
  } else {
    since_grown_ += chunk.size;
    give_back();
  }
}

void Stream::pass_queued() noexcept {
  std::array<std::string_view, 16> slices;
  const std::size_t count = in_.front(slices);
  std::size_t size = 0;
  for (std::size_t i = 0; i < count; ++i)
    size += slices[i].size();
  pass({{slices.data(), count}, size}, remote_ended_ && size == in_.size() && fresh_.empty());
  in_.consume(session_->loop().pools(), std::min(size, in_.size()));
}

void Stream::pull() noexcept {
  wants_ = true;
  give_back();
  if (passing_) return;
  while (wants_ && has_sink()) {
    if (!in_.empty()) {
      pass_queued();
    } else if (!fresh_.empty()) {
      const http::Chunk chunk{std::exchange(fresh_, {}), fresh_size_};
      pass(chunk, remote_ended_);
    } else {
      break;
    }
  }
  pass_end();
}

// What came, and behind that its end, go to the sink together where they can.
void Stream::pass_end() noexcept {
  if (!wants_ || passing_ || end_passed_ || !remote_ended_ || !is_drained() || !has_sink()) return;
  end_passed_ = true;
  hand_over_end();
  if (has_sink()) flush_sink();
}

void Stream::discard() noexcept {
  wants_ = false;
  const std::size_t size = in_.size() + (fresh_.empty() ? 0 : fresh_size_);
  fresh_ = {};
  in_.clear(session_->loop().pools());
  discard_now(size);
}

void Stream::discard_now(std::size_t size) noexcept {
  untaken_ += size;
  give_back();
}

void Stream::give_back() noexcept {
  if (untaken_ == 0) return;
  const auto size = static_cast<std::size_t>(untaken_);
  untaken_ = 0;
  if (!session_->is_open()) return;
  nghttp2_session* library = session_->library();
  if (session_->role_ == Session::Role::server) nghttp2_session_consume_connection(library, size);
  if (!closed_) nghttp2_session_consume_stream(library, id_, size);
  if (!closed_ && !remote_ended_ && since_grown_ >= window_ && window_ < largest_window) grow();
  session_->mark();
}

// The sink has kept up with a whole window: a larger one lets the peer send on while that is on its way.
void Stream::grow() noexcept {
  since_grown_ = 0;
  window_ = std::min(2 * std::max(window_, first_window), largest_window);
  nghttp2_session_set_local_window_size(session_->library(), NGHTTP2_FLAG_NONE, id_,
                                        static_cast<std::int32_t>(window_));
}

// ---- sending ----------------------------------------------------------------------------------------------------------

// One long piece that can leave before its owner needs the memory again.
bool Stream::may_lend(const http::Chunk& chunk) const noexcept {
  return chunk.slices.size() == 1 && chunk.size >= worth_lending && waiting() == 0 &&
         session_->may_send_now();
}

void Stream::queue(const http::Chunk& chunk) noexcept {
  if (ended_ || closed_ || !session_->is_open()) return;
  session_->queued_ += chunk.size;
  if (may_lend(chunk)) {
    lent_ = chunk.slices.front();
    return wake();
  }
  keep_lent();
  for (const std::string_view slice : chunk.slices)
    out_.append(session_->loop().pools(), slice);
  wake();
}

void Stream::keep_lent() noexcept {
  out_.append(session_->loop().pools(), lent_);
  lent_ = {};
}

void Stream::queue_end() noexcept {
  if (ended_) return;
  ended_ = true;
  wake();
}

void Stream::wake() noexcept {
  if (closed_ || !session_->is_open()) return;
  if (deferred_) {
    deferred_ = false;
    nghttp2_session_resume_data(session_->library(), id_);
  }
  session_->mark();
}

Flow Stream::flush_queue() noexcept {
  if (!lent_.empty()) {
    session_->send_now();
    keep_lent();
  }
  if (ended_ || closed_ || !session_->is_open()) return Flow::more;
  const bool is_full = out_.size() >= high_mark || session_->is_crowded(out_.size());
  if (is_full) held_ = true;
  return is_full ? Flow::hold : Flow::more;
}

nghttp2_data_provider Stream::source() noexcept {
  nghttp2_data_provider provider{};
  provider.source.ptr = this;
  provider.read_callback = on_read;
  return provider;
}

ssize_t Stream::on_read(nghttp2_session* library, std::int32_t id, std::uint8_t*, std::size_t room,
                        std::uint32_t* flags, nghttp2_data_source* source, void*) noexcept {
  Stream& stream = *static_cast<Stream*>(source->ptr);
  const std::size_t size = std::min(room, stream.waiting());
  if (size == 0 && !stream.ended_) {
    stream.deferred_ = true;
    return NGHTTP2_ERR_DEFERRED;
  }
  if (size > 0) *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
  if (stream.ended_ && size == stream.waiting()) {
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    const http::Headers* trailers = stream.trailers();
    if (trailers != nullptr && submit_trailers(library, id, *trailers))
      *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
  }
  return static_cast<ssize_t>(size);
}

// Of a frame. Blocks of the queue go back before the send, so what is in them is copied.
void Stream::put_front(net::Gather& gather, std::size_t size) noexcept {
  std::array<std::string_view, 8> slices;
  const std::size_t count = out_.front(slices);
  for (std::size_t i = 0; i < count && size > 0; ++i) {
    const std::string_view part = slices[i].substr(0, size);
    gather.add(part);
    size -= part.size();
  }
  const std::string_view part = lent_.substr(0, size);
  part.size() < worth_a_piece ? gather.add(part) : gather.borrow(part);
}

// What left makes room: from within the library, so the source hears of it later.
void Stream::took(std::size_t size) noexcept {
  sent_ += size;
  session_->queued_ -= size;
  const std::size_t queued = std::min(size, out_.size());
  out_.consume(session_->loop().pools(), queued);
  lent_.remove_prefix(size - queued);
  if (held_ && out_.size() <= low_mark) {
    may_go_on_ = true;
    session_->changed(*this);
  }
}

void Stream::go_on() noexcept {
  if (!may_go_on_) return;
  may_go_on_ = held_ = false;
  source_may_go_on();
}

}  // namespace pm::h2
