// SPDX-License-Identifier: MIT
#include "h2/write.h"

#include "core/text.h"

namespace pm::h2 {
namespace {

using http::Field;
using http::field_bit;
using http::FieldId;

// RFC 9113 section 8.2.2: what belongs to a connection of HTTP/1 has no place here; length and host are written anew.
constexpr http::FieldSet left_out =
    field_bit(FieldId::connection) | field_bit(FieldId::content_length) |
    field_bit(FieldId::keep_alive) | field_bit(FieldId::proxy_connection) |
    field_bit(FieldId::transfer_encoding) | field_bit(FieldId::te) | field_bit(FieldId::upgrade) |
    field_bit(FieldId::host) | field_bit(FieldId::http2_settings);
constexpr std::size_t longest_number = 20;

class FieldList {
 public:
  FieldList(Arena& arena, std::size_t most)
      : arena_(&arena), fields_(arena.array<nghttp2_nv>(most)) {}

  void add(std::string_view name, std::string_view value) noexcept {
    nghttp2_nv& field = fields_[size_++];
    field.name = bytes(name);
    field.namelen = name.size();
    field.value = bytes(value);
    field.valuelen = value.size();
    field.flags = NGHTTP2_NV_FLAG_NONE;
  }
  void add_number(std::string_view name, std::uint64_t value) {
    char* digits = static_cast<char*>(arena_->allocate(longest_number, 1));
    const std::size_t size = text::write_decimal(digits, value);
    arena_->shrink(digits, longest_number, size);
    add(name, {digits, size});
  }
  void add_all(const http::Headers& headers) noexcept {
    for (const Field& field : headers) {
      if (!field.dropped && (field_bit(field.id) & left_out) == 0) add(field.name, field.value);
    }
  }
  std::span<nghttp2_nv> all() const noexcept { return {fields_, size_}; }

 private:
  static std::uint8_t* bytes(std::string_view text) noexcept {
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
  }
  Arena* arena_;
  nghttp2_nv* fields_;
  std::size_t size_ = 0;
};

}  // namespace

std::span<nghttp2_nv> response_fields(const http::Response& response, const ResponseFrame& frame,
                                      Arena& arena) {
  FieldList list(arena, response.headers.slots() + 3);
  list.add_number(":status", frame.status);
  list.add_all(response.headers);
  if (!frame.date.empty() && response.headers.find(FieldId::date) == nullptr)
    list.add("date", frame.date);
  if (frame.has_length) list.add_number("content-length", frame.content_length);
  return list.all();
}

std::span<nghttp2_nv> request_fields(const http::Request& request,
                                     const http::ForwardOptions& options, bool is_secure,
                                     Arena& arena) {
  FieldList list(arena, request.headers.slots() + 6);
  list.add(":method", request.method);
  list.add(":scheme", is_secure ? "https" : "http");
  list.add(":authority", options.host.empty() ? request.authority : options.host);
  std::string_view path = request.path.empty() ? std::string_view("/") : request.path;
  if (!options.path_prefix.empty()) path = arena.join(options.path_prefix, path);
  if (request.has_query) path = arena.join(path, "?", request.query);
  list.add(":path", path);
  list.add_all(request.headers);
  if (request.framing == http::Framing::length)
    list.add_number("content-length", request.content_length);
  if (request.headers.find(FieldId::te) != nullptr) list.add("te", "trailers");
  return list.all();
}

bool submit_trailers(nghttp2_session* library, std::int32_t stream,
                     const http::Headers& trailers) noexcept {
  FieldList list(trailers.arena(), trailers.slots());
  list.add_all(trailers);
  const std::span<nghttp2_nv> fields = list.all();
  if (fields.empty()) return false;
  return nghttp2_submit_trailer(library, stream, fields.data(), fields.size()) == 0;
}

}  // namespace pm::h2
