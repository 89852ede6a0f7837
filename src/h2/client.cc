// SPDX-License-Identifier: MIT
#include "h2/client.h"

#include "h2/client_stream.h"

#include <algorithm>
#include <array>

namespace pm::h2 {
namespace {

constexpr std::uint64_t tick_ms = 1000;
constexpr std::uint32_t allowed_at_first = 100;  // until the server's SETTINGS have come
constexpr std::uint32_t no_id = 1u << 31;        // of a stream: none is left

}  // namespace

Client::Client(net::Stream* stream, http::ConnectionOwner& owner, Flusher& flusher,
               const ClientSettings& settings) noexcept
    : Session(flusher, stream, settings.session),
      owner_(&owner),
      settings_(settings),
      allowed_(allowed_at_first),
      is_secure_(!stream->is_plain()) {}

Client::~Client() = default;

Client* Client::open(net::Stream* stream, http::ConnectionOwner& owner, Flusher& flusher,
                     const ClientSettings& settings) noexcept {
  auto* client = new Client(stream, owner, flusher, settings);
  if (client->greet()) return client;
  client->owner_ = nullptr;
  client->close();
  return nullptr;
}

bool Client::greet() noexcept {
  const std::array<nghttp2_settings_entry, 3> entries{{
      {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE,
       static_cast<std::uint32_t>(settings_.limits.max_bytes)},
      {NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, settings_.session.decoder_table},
  }};
  if (!speak(Role::client, entries)) return false;
  stream_->resume();
  arm();
  return true;
}

// ---- exchanges --------------------------------------------------------------------------------------------------------

std::uint32_t Client::room() const noexcept {
  if (!is_open() || is_draining_) return 0;
  const std::uint32_t most = std::min(allowed_, settings_.most_streams);
  const auto open = static_cast<std::uint32_t>(open_streams());
  return open < most ? most - open : 0;
}

void Client::begin(http::Exchange& exchange, http::Attempt& attempt,
                   const http::ForwardOptions& options) noexcept {
  auto* stream = new ClientStream(*this, exchange, attempt, options);
  idle_until_ms_ = 0;
  became_idle_ = false;
  admit(*stream);
  arm();
  // Decided before: who is told that this one has failed looks for another connection at once.
  is_draining_ = is_draining_ || nghttp2_session_get_next_stream_id(library()) + 2 >= no_id;
  stream->begin();
}

void Client::forget(ClientStream& stream) noexcept {
  if (room() == 0) has_room_ = true;
  let_go(stream);
  delete &stream;
  if (open_streams() == 0) became_idle_ = true;
}

void Client::set_idle_deadline(std::uint64_t deadline_ms) noexcept {
  idle_until_ms_ = deadline_ms;
  arm();
}

// ---- within the library -----------------------------------------------------------------------------------------------

ClientStream* Client::stream_of(const nghttp2_frame& frame) noexcept {
  return static_cast<ClientStream*>(find(frame.hd.stream_id));
}

void Client::on_begin_headers(const nghttp2_frame& frame) noexcept {
  if (ClientStream* stream = stream_of(frame)) stream->begin_headers();
}

void Client::on_field(const nghttp2_frame& frame, std::string_view name,
                      std::string_view value) noexcept {
  ClientStream* stream = stream_of(frame);
  if (stream == nullptr) return;
  stream->add_field(name, value);
  if (stream->is_flood()) doom(NGHTTP2_ENHANCE_YOUR_CALM);
}

void Client::on_bad_field(const nghttp2_frame& frame) noexcept {
  if (ClientStream* stream = stream_of(frame)) stream->refuse_fields();
}

void Client::on_headers(const nghttp2_frame& frame) noexcept {
  ClientStream* stream = stream_of(frame);
  if (stream != nullptr) stream->head_is_complete((frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0);
}

void Client::on_head_sent(Stream& stream) noexcept {
  static_cast<ClientStream&>(stream).head_is_out();
}

void Client::on_goaway(const nghttp2_frame&) noexcept {
  is_draining_ = true;
}

void Client::on_settings() noexcept {
  const bool was_full = room() == 0;
  allowed_ =
      nghttp2_session_get_remote_settings(library(), NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
  if (was_full && room() > 0) has_room_ = true;
}

// ---- the owner --------------------------------------------------------------------------------------------------------

// Told last: the owner may close the connection, or begin another exchange at once.
void Client::on_settled() noexcept {
  if (is_draining_ && !told_draining_) {
    told_draining_ = true;
    owner_->on_draining(*this);
  }
  // The server knows nothing of it when it is our ids that are used up.
  if (is_draining_ && open_streams() == 0 && is_open()) return end(NGHTTP2_NO_ERROR);
  if (became_idle_ && open_streams() == 0 && is_open() && !is_draining_) {
    became_idle_ = false;
    owner_->on_idle(*this);
  }
  if (has_room_ && is_open() && room() > 0) {
    has_room_ = false;
    owner_->on_room(*this);
  }
}

void Client::on_over() noexcept {
  while (!streams_.empty()) {
    auto& stream = static_cast<ClientStream&>(streams_.front());
    stream.fail(http::Outcome::closed);
    let_go(stream);
    delete &stream;
  }
}

void Client::on_gone() noexcept {
  if (owner_ != nullptr) owner_->on_gone(*this);
}

// ---- time -------------------------------------------------------------------------------------------------------------

void Client::look_by(std::uint64_t deadline_ms) noexcept {
  if (look_ms_ != 0 && look_ms_ <= deadline_ms) return;
  look_ms_ = deadline_ms;
  loop().arm(*this, deadline_ms);
}

void Client::arm() noexcept {
  const std::uint64_t now = loop().now_ms();
  if (open_streams() > 0) return look_by(now + tick_ms);
  if (idle_until_ms_ != 0) look_by(idle_until_ms_);
  if (settings_.read_idle_ms != 0) look_by(now + std::min(settings_.read_idle_ms, tick_ms));
}

void Client::on_tick() noexcept {
  const std::uint64_t now = loop().now_ms();
  look_ms_ = 0;
  if (open_streams() == 0 && idle_until_ms_ != 0 && now >= idle_until_ms_)
    return end(NGHTTP2_NO_ERROR);
  ask_for_life(now);
  if (!is_open()) return;
  streams_.for_each(
      [now](Stream& stream) { static_cast<ClientStream&>(stream).look_at_time(now); });
  if (is_open()) arm();
}

// A server that says nothing for long is asked whether it is there; one that does not answer is not.
void Client::ask_for_life(std::uint64_t now) noexcept {
  if (settings_.read_idle_ms == 0) return;
  if (asked_ms_ != 0) {
    if (now >= asked_ms_ + settings_.ping_timeout_ms) close();
    return;
  }
  if (now < last_read_ms() + settings_.read_idle_ms) return;
  asked_ms_ = now;
  nghttp2_submit_ping(library(), NGHTTP2_FLAG_NONE, nullptr);
  mark();
}

}  // namespace pm::h2
