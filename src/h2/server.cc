// SPDX-License-Identifier: MIT
#include "h2/server.h"

#include "h2/server_stream.h"

#include <algorithm>
#include <array>

namespace pm::h2 {
namespace {

constexpr std::uint64_t tick_ms = 1000;
constexpr std::uint64_t told_for_ms = 1000;  // then streams that were on their way have come
constexpr std::size_t remembered_resets = 256;
constexpr std::size_t least_share = 4096;
constexpr std::size_t most_share = net::Loop::small_read;

bool contains(const std::vector<std::int32_t>& ids, std::int32_t id) noexcept {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

}  // namespace

Server::Server(net::Stream* stream, Options options) noexcept
    : Session(options.context->flusher, stream, options.settings->session),
      context_(options.context),
      settings_(options.settings),
      handler_(options.handler),
      owner_(options.owner),
      number_(options.number),
      secure_(std::move(options.secure)),
      client_(options.client),
      idle_since_ms_(opened_ms()),
      progress_ms_(opened_ms()) {}

Server::~Server() = default;

Server* Server::open(net::Stream* stream, Options options) noexcept {
  auto* server = new Server(stream, std::move(options));
  if (server->begin()) return server;
  server->owner_ = nullptr;
  server->close();
  return nullptr;
}

void Server::start(std::string_view early) noexcept {
  arm();
  stream_->resume();
  if (!early.empty()) feed(early);
}

bool Server::begin() noexcept {
  const std::array<nghttp2_settings_entry, 5> entries{{
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, settings_->max_streams},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE,
       static_cast<std::uint32_t>(settings_->limits.max_bytes)},
      {NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, settings_->session.decoder_table},
      {NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1},
      {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
  }};
  return speak(Role::server, entries);
}

// ---- within the library -----------------------------------------------------------------------------------------------

ServerStream* Server::stream_of(const nghttp2_frame& frame) noexcept {
  return static_cast<ServerStream*>(find(frame.hd.stream_id));
}

void Server::on_bytes(std::string_view bytes) noexcept {
  left_.clear();
  walk_.pass(
      bytes, [this](const PriorityFrame& frame) { judge(frame); },
      [this](std::int32_t id) { judge_data(id); },
      [this](std::int32_t id) {
        if (left_.size() < remembered_resets) left_.push_back(id);
      });
}

void Server::judge(const PriorityFrame& frame) noexcept {
  glitch();
  if (frame.length != 5) return doom(NGHTTP2_FRAME_SIZE_ERROR);
  if (frame.stream == 0 || frame.stream == frame.depends_on) doom(NGHTTP2_PROTOCOL_ERROR);
}

bool Server::has_been(std::int32_t id) noexcept {
  return id != 0 && id <= last_stream_ && find(id) == nullptr;
}

bool Server::was_reset(std::int32_t id) const noexcept {
  return contains(reset_, id);
}

// For a stream that has been: the library passes it over, since it does not remember whether it was reset by us while this was
// under way, or has ended, or never was (RFC 9113 sections 5.1 and 5.1.1).
void Server::on_frame_begins(const nghttp2_frame_hd& head) noexcept {
  if (head.type != NGHTTP2_HEADERS || !has_been(head.stream_id)) return;
  if (!was_reset(head.stream_id)) doom(NGHTTP2_STREAM_CLOSED);
}

void Server::judge_data(std::int32_t id) noexcept {
  if (!has_been(id) && !contains(left_, id)) return;
  glitch();
  if (!was_reset(id)) late_.push_back(id);
}

void Server::answer_late() noexcept {
  std::erase_if(late_, [this](std::int32_t id) {
    if (!has_been(id)) return false;  // the library has not come to its end yet
    if (was_reset(id)) return true;
    nghttp2_submit_rst_stream(library(), NGHTTP2_FLAG_NONE, id, NGHTTP2_STREAM_CLOSED);
    on_reset_sent(id);  // as good as that: one for all that is under way
    return true;
  });
}

void Server::on_reset_sent(std::int32_t id) noexcept {
  if (was_reset(id)) return;
  if (reset_.size() < remembered_resets) return reset_.push_back(id);
  reset_[next_reset_++ % remembered_resets] = id;
}

void Server::on_begin_headers(const nghttp2_frame& frame) noexcept {
  if (frame.headers.cat != NGHTTP2_HCAT_REQUEST) return;
  last_stream_ = frame.hd.stream_id;
  auto* stream = new ServerStream(*this, frame.hd.stream_id);
  nghttp2_session_set_stream_user_data(library(), frame.hd.stream_id, static_cast<Stream*>(stream));
  if (open_streams() == 0) loop().arm(*this, loop().now_ms() + tick_ms);
  admit(*stream);
}

void Server::on_field(const nghttp2_frame& frame, std::string_view name,
                      std::string_view value) noexcept {
  ServerStream* stream = stream_of(frame);
  if (stream == nullptr) return;
  stream->add_field(name, value);
  if (stream->is_flood()) doom(NGHTTP2_ENHANCE_YOUR_CALM);
}

void Server::on_bad_field(const nghttp2_frame& frame) noexcept {
  if (ServerStream* stream = stream_of(frame)) stream->refuse_fields();
}

void Server::on_headers(const nghttp2_frame& frame) noexcept {
  ServerStream* stream = stream_of(frame);
  if (stream != nullptr) stream->head_is_complete((frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0);
}

void Server::on_ping_answer() noexcept {
  if (phase_ == Phase::told) leave();
}

// ---- streams ----------------------------------------------------------------------------------------------------------

void Server::forget(ServerStream& stream) noexcept {
  let_go(stream);
  delete &stream;
  if (open_streams() == 0) idle_since_ms_ = loop().now_ms();
}

// How much a source should bring at once, so that all streams together stay within what a connection may pin.
std::size_t Server::fair_share() const noexcept {
  const std::size_t streams = std::max<std::size_t>(open_streams(), 1);
  const std::size_t share = std::min(room_left() / streams, most_share);
  return share < 2 * least_share ? least_share : share;  // a block of a queue, or a large one
}

void Server::on_settled() noexcept {
  if (!late_.empty()) answer_late();
  const bool is_old =
      (settings_->max_requests != 0 && requests_ >= settings_->max_requests) ||
      (settings_->max_age_ms != 0 && loop().now_ms() >= opened_ms() + settings_->max_age_ms);
  if (phase_ == Phase::serving && (is_old || codecs().draining)) drain();
}

void Server::on_over() noexcept {
  while (!streams_.empty()) {
    auto& stream = static_cast<ServerStream&>(streams_.front());
    stream.give_up("client-gone");
    forget(stream);
  }
}

void Server::on_gone() noexcept {
  ListNode<Server>::unlink();
  if (owner_ != nullptr) owner_->on_closed(*this);
}

// ---- time -------------------------------------------------------------------------------------------------------------

// Looked at once a second while anything runs; an idle connection only when its time is over.
void Server::arm() noexcept {
  const std::uint64_t now = loop().now_ms();
  const bool rests = open_streams() == 0 && stream_->queued() == 0 && phase_ == Phase::serving &&
                     requests_ > 0 && header_block_ms_ == 0;
  if (!rests || settings_->max_age_ms != 0) return loop().arm(*this, now + tick_ms);
  if (settings_->idle_timeout_ms == 0) return loop().disarm(*this);
  loop().arm(*this, std::max(idle_since_ms_ + settings_->idle_timeout_ms, now + tick_ms));
}

// Bytes that the socket does not take, and nothing moves.
bool Server::is_stuck(std::uint64_t now) noexcept {
  if (stream_->queued() == 0 || stream_->has_moved()) {
    stream_->mark();
    progress_ms_ = now;
    return false;
  }
  return settings_->stall_timeout_ms != 0 && now >= progress_ms_ + settings_->stall_timeout_ms;
}

void Server::on_tick() noexcept {
  const std::uint64_t now = loop().now_ms();
  const auto is_over = [now](std::uint64_t since, std::uint64_t allowed) {
    return allowed != 0 && now >= since + allowed;
  };
  if (is_stuck(now)) return close();
  if (header_block_ms_ != 0 && (is_over(header_block_ms_, settings_->head_timeout_ms) ||
                                is_over(header_block_ms_, settings_->read_timeout_ms)))
    return end(NGHTTP2_ENHANCE_YOUR_CALM);
  if (open_streams() == 0) {
    const bool says_nothing = requests_ == 0 && is_over(opened_ms(), settings_->read_timeout_ms);
    if (says_nothing || is_over(idle_since_ms_, settings_->idle_timeout_ms))
      return end(NGHTTP2_NO_ERROR);
  }
  streams_.for_each(
      [now](Stream& stream) { static_cast<ServerStream&>(stream).look_at_time(now); });
  if (!is_open()) return;
  if (phase_ == Phase::told && now >= told_ms_ + told_for_ms) leave();
  if (phase_ == Phase::serving) on_settled();
  arm();
}

// ---- leaving ----------------------------------------------------------------------------------------------------------

// RFC 9113 section 6.8: first that an end is near, and once the client must have read it, what the last stream was.
void Server::drain() noexcept {
  if (!is_open() || phase_ != Phase::serving) return;
  phase_ = Phase::told;
  told_ms_ = loop().now_ms();
  nghttp2_submit_shutdown_notice(library());
  nghttp2_submit_ping(library(), NGHTTP2_FLAG_NONE, nullptr);
  mark();
}

void Server::leave() noexcept {
  if (!is_open() || phase_ == Phase::leaving) return;
  phase_ = Phase::leaving;
  nghttp2_submit_goaway(library(), NGHTTP2_FLAG_NONE,
                        nghttp2_session_get_last_proc_stream_id(library()), NGHTTP2_NO_ERROR,
                        nullptr, 0);
  mark();
}

void Server::close_if_idle() noexcept {
  if (!is_open()) return;
  if (open_streams() == 0) return end(NGHTTP2_NO_ERROR);
  leave();
}

}  // namespace pm::h2
