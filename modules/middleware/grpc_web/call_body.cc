// SPDX-License-Identifier: MIT
#include "modules/middleware/grpc_web/call_body.h"

#include "core/text.h"

#include <algorithm>

namespace pm::grpc_web {
namespace {

constexpr std::size_t frame_head = 5;
constexpr std::size_t around_value = 4;  // ": " and CRLF

char* make_room(std::vector<char>& buffer, std::size_t size) {
  if (buffer.size() < size) buffer.resize(size);
  return buffer.data();
}

std::size_t line_size(const http::Field& field) noexcept {
  return field.dropped ? 0 : field.name.size() + field.value.size() + around_value;
}

char* copy(char* to, std::string_view text) noexcept {
  return std::copy(text.begin(), text.end(), to);
}

char* write_line(char* to, const http::Field& field) noexcept {
  if (field.dropped) return to;
  to = std::transform(field.name.begin(), field.name.end(), to, text::lower);
  return copy(copy(copy(to, ": "), field.value), "\r\n");
}

}  // namespace

bool TextRequest::on_request_part(http::Exchange&, http::BodyPart& part) noexcept {
  // Each slice may close one group that an earlier one has begun.
  constexpr std::size_t least = Base64Reader::room_for(0);
  char* const to = make_room(out_, Base64Reader::room_for(part.size) + part.slices.size() * least);
  std::size_t size = 0;
  for (const std::string_view slice : part.slices) {
    const auto more = reader_.read(slice, to + size);
    if (!more) return false;
    size += *more;
  }
  view_ = {to, size};
  part.replace(view_);
  return !part.last || reader_.is_whole();
}

// What a flush leaves behind ends in padding, so that the client has the whole of it.
void TextAnswer::encode(http::BodyPart& part) noexcept {
  char* const to = make_room(out_, Base64Writer::room_for(part.size + 2) + 4);
  std::size_t size = 0;
  for (const std::string_view slice : part.slices)
    size += writer_.write(slice, to + size);
  if (part.flush || part.last) size += writer_.flush(to + size);
  view_ = {to, size};
  part.replace(view_);
}

std::string_view trailers_frame(const http::Headers& trailers) {
  std::size_t size = 0;
  for (const http::Field& field : trailers)
    size += line_size(field);
  char* const frame = static_cast<char*>(trailers.arena().allocate(frame_head + size, 1));
  frame[0] = static_cast<char>(0x80);
  for (unsigned i = 1; i < frame_head; ++i)
    frame[i] = static_cast<char>(size >> (32 - 8 * i) & 255U);
  char* to = frame + frame_head;
  for (const http::Field& field : trailers)
    to = write_line(to, field);
  return {frame, frame_head + size};
}

}  // namespace pm::grpc_web
