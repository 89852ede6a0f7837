// SPDX-License-Identifier: MIT
#include "t/lib/h2_peer.h"

#include "http/codec.h"

#include <algorithm>

namespace pm::test {
namespace {

constexpr std::int64_t rfc_window = 65535;
constexpr std::size_t largest_frame = 16384;
constexpr std::size_t longest_shown = 40;

std::uint32_t number_at(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = at; i < at + 4 && i < bytes.size(); ++i)
    value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

// RFC 7541 section 5.1, behind a prefix of seven bits whose highest one (Huffman) is clear.
void put_text(std::string& to, std::string_view text) {
  constexpr std::size_t prefix = 127;
  if (text.size() < prefix) {
    to += static_cast<char>(text.size());
  } else {
    to += static_cast<char>(prefix);
    std::size_t left = text.size() - prefix;
    for (; left >= 128; left /= 128)
      to += static_cast<char>(left % 128 | 128);
    to += static_cast<char>(left);
  }
  to += text;
}

}  // namespace

std::string h2_number(std::uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8)
    bytes += static_cast<char>(value >> shift);
  return bytes;
}

std::string h2_frame(int type, int flags, std::uint32_t stream, std::string_view payload) {
  std::string frame = h2_number(static_cast<std::uint32_t>(payload.size())).substr(1);
  frame += static_cast<char>(type);
  frame += static_cast<char>(flags);
  frame += h2_number(stream);
  return frame += payload;
}

std::string h2_block(const H2Fields& fields) {
  std::string block;
  for (const auto& [name, value] : fields) {
    block += '\0';
    put_text(block, name);
    put_text(block, value);
  }
  return block;
}

std::string_view H2Peer::Heard::field(std::string_view name) const {
  for (const auto& [each, value] : fields) {
    if (each == name) return value;
  }
  return {};
}

std::string H2Peer::Heard::story() const {
  std::string text = statuses;
  const auto add = [&text](std::string_view word) {
    if (!text.empty() && !word.empty()) text += ' ';
    text += word;
  };
  add(body.size() > longest_shown ? "[" + std::to_string(body.size()) + "]" : body);
  if (!trailers.empty()) add(trailers.substr(0, trailers.size() - 1));
  if (ended) add("end");
  if (reset) add("reset " + std::to_string(*reset));
  return text;
}

H2Peer::H2Peer(Role role)
    : role_(role), preface_(role == Role::server ? http::http2_preface.size() : 0) {
  nghttp2_hd_inflate_new(&inflater_);
  if (role == Role::client) say = http::http2_preface;
  say += h2_frame(NGHTTP2_SETTINGS, 0, 0);
}

H2Peer::~H2Peer() {
  nghttp2_hd_inflate_del(inflater_);
}

void H2Peer::blame(std::string_view what) {
  if (fault.empty()) fault = what;
}

// ---- out --------------------------------------------------------------------------------------------------------------

std::uint32_t H2Peer::ask(const H2Fields& fields, bool ends) {
  const std::uint32_t stream = next_;
  next_ += 2;
  heard_[stream];
  head(stream, fields, ends);
  return stream;
}

void H2Peer::head(std::uint32_t stream, const H2Fields& fields, bool ends) {
  std::string block = h2_block(fields);
  int type = NGHTTP2_HEADERS;
  int flags = ends ? NGHTTP2_FLAG_END_STREAM : 0;
  do {
    const std::string part = block.substr(0, largest_frame);
    block.erase(0, part.size());
    if (block.empty()) flags |= NGHTTP2_FLAG_END_HEADERS;
    say += h2_frame(type, flags, stream, part);
    type = NGHTTP2_CONTINUATION;
    flags = 0;
  } while (!block.empty());
}

void H2Peer::body(std::uint32_t stream, std::string_view bytes, bool ends) {
  Body& body = bodies_[stream];
  body.bytes += bytes;
  body.ends = ends;
  if (body.bytes.empty() && ends) {
    say += h2_frame(NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, stream);
    body.ends = false;
  }
  send_bodies();
}

void H2Peer::send_bodies() {
  std::int64_t& all = theirs_.try_emplace(0, rfc_window).first->second;
  for (auto& [stream, body] : bodies_) {
    std::int64_t& own = theirs_.try_emplace(stream, first_window_).first->second;
    while (!body.bytes.empty() && std::min(all, own) > 0) {
      const auto room = static_cast<std::size_t>(std::min(all, own));
      const std::string part = body.bytes.substr(0, std::min(room, largest_frame));
      body.bytes.erase(0, part.size());
      all -= static_cast<std::int64_t>(part.size());
      own -= static_cast<std::int64_t>(part.size());
      const bool is_last = body.ends && body.bytes.empty();
      say += h2_frame(NGHTTP2_DATA, is_last ? NGHTTP2_FLAG_END_STREAM : 0, stream, part);
    }
  }
}

void H2Peer::reset(std::uint32_t stream, std::uint32_t code) {
  bodies_.erase(stream);
  say += h2_frame(NGHTTP2_RST_STREAM, 0, stream, h2_number(code));
}

void H2Peer::goaway(std::uint32_t last, std::uint32_t code) {
  say += h2_frame(NGHTTP2_GOAWAY, 0, 0, h2_number(last) + h2_number(code));
}

void H2Peer::setting(std::uint16_t id, std::uint32_t value) {
  const std::string name = h2_number(id).substr(2);
  say += h2_frame(NGHTTP2_SETTINGS, 0, 0, name + h2_number(value));
  const bool is_window = id == NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE;
  unconfirmed_.push_back(is_window ? std::optional(value) : std::nullopt);
}

void H2Peer::confirm_setting() {
  ++setting_acks;
  if (unconfirmed_.empty()) return;  // of bytes that a test has sent past setting()
  const std::optional<std::uint32_t> value = unconfirmed_.front();
  unconfirmed_.pop_front();
  if (!value) return;
  const std::int64_t more = static_cast<std::int64_t>(*value) - our_first_window_;
  our_first_window_ = *value;
  for (auto& [stream, window] : ours_) {
    if (stream != 0) window += more;
  }
}

void H2Peer::window(std::uint32_t stream, std::uint32_t more) {
  const std::int64_t first = stream == 0 ? rfc_window : our_first_window_;
  ours_.try_emplace(stream, first).first->second += more;
  say += h2_frame(NGHTTP2_WINDOW_UPDATE, 0, stream, h2_number(more));
}

std::int64_t H2Peer::window_of(std::uint32_t stream) {
  return theirs_.try_emplace(stream, stream == 0 ? rfc_window : first_window_).first->second;
}

// ---- in ---------------------------------------------------------------------------------------------------------------

void H2Peer::read(std::string_view bytes) {
  in_ += bytes;
  if (preface_ > 0) {
    if (in_.size() < preface_) return;
    if (!in_.starts_with(http::http2_preface)) blame("no preface");
    in_.erase(0, std::exchange(preface_, 0));
  }
  std::size_t at = 0;
  while (in_.size() - at >= h2::frame_head) {
    const std::size_t size = number_at(in_, at) >> 8;
    if (size > largest_frame) blame("a frame of more than 16384 bytes");
    if (in_.size() - at < h2::frame_head + size) break;
    const int type = static_cast<unsigned char>(in_[at + 3]);
    const int flags = static_cast<unsigned char>(in_[at + 4]);
    read_frame(type, flags, number_at(in_, at + 5),
               std::string_view(in_).substr(at + h2::frame_head, size));
    at += h2::frame_head + size;
  }
  in_.erase(0, at);
}

void H2Peer::read_frame(int type, int flags, std::uint32_t stream, std::string_view payload) {
  // One that ends at once says no more than that.
  if (++frames == 1 && type != NGHTTP2_SETTINGS && type != NGHTTP2_GOAWAY)
    blame("SETTINGS is not the first frame");
  if (in_block_ && type != NGHTTP2_CONTINUATION) blame("a frame within a header block");
  const bool ends = (flags & NGHTTP2_FLAG_END_STREAM) != 0;
  switch (type) {
    case NGHTTP2_DATA:
      read_data(stream, payload);
      if (ends) heard(stream).ended = true;
      break;
    case NGHTTP2_HEADERS: block_ends_ = ends; [[fallthrough]];
    case NGHTTP2_CONTINUATION:
      block_ += payload;
      in_block_ = (flags & NGHTTP2_FLAG_END_HEADERS) == 0;
      if (!in_block_) read_block(stream, block_ends_);
      break;
    case NGHTTP2_RST_STREAM:
      if (heard(stream).reset) blame("a stream is reset twice");
      heard(stream).reset = number_at(payload, 0);
      bodies_.erase(stream);
      break;
    case NGHTTP2_SETTINGS: read_settings(flags, payload); break;
    case NGHTTP2_PING:
      if ((flags & NGHTTP2_FLAG_ACK) != 0) {
        ++ping_acks;
      } else {
        ++pings;
        if (answers_pings) say += h2_frame(NGHTTP2_PING, NGHTTP2_FLAG_ACK, 0, payload);
      }
      break;
    case NGHTTP2_GOAWAY:
      if (!goaways.empty()) goaways += ' ';
      goaways +=
          std::to_string(number_at(payload, 0)) + ":" + std::to_string(number_at(payload, 4));
      break;
    case NGHTTP2_WINDOW_UPDATE: read_window(stream, payload); break;
    default: blame("an unknown frame"); break;
  }
}

void H2Peer::read_block(std::uint32_t stream, bool ends) {
  const std::string block = std::exchange(block_, {});
  const auto* from = reinterpret_cast<const std::uint8_t*>(block.data());
  std::size_t left = block.size();
  H2Fields fields;
  for (int inflate = 0; (inflate & NGHTTP2_HD_INFLATE_FINAL) == 0;) {
    nghttp2_nv field{};
    const ssize_t used = nghttp2_hd_inflate_hd2(inflater_, &field, &inflate, from, left, 1);
    if (used < 0) return blame("a header block that is none");
    from += used;
    left -= static_cast<std::size_t>(used);
    if ((inflate & NGHTTP2_HD_INFLATE_EMIT) != 0)
      fields.emplace_back(h2::view(field.name, field.namelen),
                          h2::view(field.value, field.valuelen));
  }
  nghttp2_hd_inflate_end_headers(inflater_);
  Heard& heard = heard_[stream];
  if (heard.ended) blame("a head behind the end of its stream");
  heard.ended = ends;
  if (fields.empty() || !fields.front().first.starts_with(':')) {
    if (!ends) blame("trailers that do not end their stream");
    for (const auto& [name, value] : fields)
      heard.trailers += name + ": " + value + "\n";
    return;
  }
  if (!heard.statuses.empty()) heard.statuses += ' ';
  heard.statuses += fields.front().second;
  heard.fields = std::move(fields);
}

void H2Peer::read_data(std::uint32_t stream, std::string_view payload) {
  Heard& heard = heard_[stream];
  if (heard.ended) blame("DATA behind the end of its stream");
  heard.body += payload;
  const auto size = static_cast<std::int64_t>(payload.size());
  std::int64_t& all = ours_.try_emplace(0, rfc_window).first->second -= size;
  std::int64_t& own = ours_.try_emplace(stream, our_first_window_).first->second -= size;
  if (keeps_books && size > 0 && (all < 0 || own < 0)) blame("more DATA than a window allows");
  if (!gives_windows || size == 0) return;
  window(0, static_cast<std::uint32_t>(size));
  if (!heard.ended) window(stream, static_cast<std::uint32_t>(size));
}

void H2Peer::read_settings(int flags, std::string_view payload) {
  if ((flags & NGHTTP2_FLAG_ACK) != 0) return confirm_setting();
  for (; payload.size() >= 6; payload.remove_prefix(6)) {
    const auto id = static_cast<std::uint16_t>(number_at(payload, 0) >> 16);
    settings[id] = number_at(payload, 2);
  }
  say += h2_frame(NGHTTP2_SETTINGS, NGHTTP2_FLAG_ACK, 0);
  const auto first = settings.find(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE);
  if (first != settings.end()) first_window_ = first->second;
}

void H2Peer::read_window(std::uint32_t stream, std::string_view payload) {
  const std::uint32_t more = number_at(payload, 0);
  if (more == 0) blame("a window that opens by nothing");
  theirs_.try_emplace(stream, stream == 0 ? rfc_window : first_window_).first->second += more;
  send_bodies();
}

}  // namespace pm::test
