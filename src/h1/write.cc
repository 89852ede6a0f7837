// SPDX-License-Identifier: MIT
#include "h1/write.h"

#include "core/text.h"

#include <cstring>
#include <string>

namespace pm::h1 {
namespace {

using http::Field;
using http::field_bit;
using http::FieldId;
using http::Framing;

constexpr http::FieldSet own_of_both =
    field_bit(FieldId::connection) | field_bit(FieldId::content_length) |
    field_bit(FieldId::keep_alive) | field_bit(FieldId::proxy_connection) |
    field_bit(FieldId::transfer_encoding) | field_bit(FieldId::te) | field_bit(FieldId::upgrade);
constexpr http::FieldSet own_of_requests = own_of_both | field_bit(FieldId::host);

char* copy(char* to, std::string_view text) noexcept {
  return std::char_traits<char>::copy(to, text.data(), text.size()) +
         text.size();  // "" may have no address
}

// Writes while there is room and goes on counting afterwards, so size and text come from the same code.
class Writer {
 public:
  explicit Writer(std::span<char> room) noexcept : begin_(room.data()), room_(room.size()) {}

  std::size_t size() const noexcept { return size_; }
  // The next `length` bytes, or null when they do not fit.
  char* take(std::size_t length) noexcept {
    const std::size_t at = size_;
    size_ += length;
    return size_ <= room_ ? begin_ + at : nullptr;
  }
  void put(std::string_view text) noexcept {
    char* to = take(text.size());
    if (to != nullptr) copy(to, text);
  }
  template <std::size_t N>
  void put(const char (&literal)[N]) noexcept {
    char* to = take(N - 1);
    if (to != nullptr) std::memcpy(to, literal, N - 1);
  }
  void put_number(std::uint64_t value) noexcept {
    char digits[20];
    put(std::string_view(digits, text::write_decimal(digits, value)));
  }
  void put_field(std::string_view name, std::string_view value) noexcept;
  void put_canonical_field(const Field& field) noexcept;

 private:
  char* begin_;
  std::size_t room_;
  std::size_t size_ = 0;
};

char* finish_field(char* to, std::string_view value) noexcept {
  to = copy(to, ": ");
  to = copy(to, value);
  return copy(to, "\r\n");
}

constexpr std::size_t around_value = 4;  // ": " and CRLF

void Writer::put_field(std::string_view name, std::string_view value) noexcept {
  char* to = take(name.size() + value.size() + around_value);
  if (to != nullptr) finish_field(copy(to, name), value);
}

void Writer::put_canonical_field(const Field& field) noexcept {
  if (field.id != FieldId::other) return put_field(http::canonical_name(field.id), field.value);
  char* to = take(field.name.size() + field.value.size() + around_value);
  if (to == nullptr) return;
  http::write_canonical(to, field.name);
  finish_field(to + field.name.size(), field.value);
}

void put_framing(Writer& writer, Framing framing, std::uint64_t content_length) noexcept {
  switch (framing) {
    case Framing::none:
    case Framing::until_close: return;
    case Framing::length:
      writer.put("Content-Length: ");
      writer.put_number(content_length);
      writer.put("\r\n");
      return;
    case Framing::chunked: writer.put("Transfer-Encoding: chunked\r\n"); return;
  }
}

void put_connection(Writer& writer, ConnectionWord word, std::string_view upgrade) noexcept {
  switch (word) {
    case ConnectionWord::quiet: return;
    case ConnectionWord::close: writer.put("Connection: close\r\n"); return;
    case ConnectionWord::keep_alive: writer.put("Connection: keep-alive\r\n"); return;
    case ConnectionWord::upgrade:
      writer.put("Connection: Upgrade\r\n");
      writer.put_field("Upgrade", upgrade);
      return;
  }
}

void put_status_line(Writer& writer, const http::Response& response) noexcept {
  const unsigned status = response.status;
  const std::string_view reason =
      response.reason.empty() ? http::reason_phrase(response.status) : response.reason;
  const char code[] = {static_cast<char>('0' + status / 100),
                       static_cast<char>('0' + status / 10 % 10),
                       static_cast<char>('0' + status % 10), ' '};
  writer.put("HTTP/1.1 ");
  writer.put(std::string_view(code, sizeof code));
  writer.put(reason);
  writer.put("\r\n");
}

}  // namespace

std::size_t write_response_head(std::span<char> room, const http::Response& response,
                                const ResponseFrame& frame) noexcept {
  Writer writer(room);
  put_status_line(writer, response);
  http::FieldSet written = 0;
  for (const Field& field : response.headers) {
    if (field.dropped || (field_bit(field.id) & own_of_both) != 0) continue;
    written |= field_bit(field.id);
    writer.put_field(field.name, field.value);
  }
  if ((written & field_bit(FieldId::date)) == 0 && !frame.date.empty())
    writer.put_field("Date", frame.date);
  put_framing(writer, frame.framing, frame.content_length);
  put_connection(writer, frame.connection, frame.upgrade);
  writer.put("\r\n");
  return writer.size();
}

std::size_t write_request_head(std::span<char> room, const http::Request& request,
                               const RequestFrame& frame) noexcept {
  Writer writer(room);
  writer.put(request.method);
  writer.put(" ");
  writer.put(frame.path_prefix);
  writer.put(request.path.empty() ? std::string_view("/") : request.path);
  if (request.has_query) {
    writer.put("?");
    writer.put(request.query);
  }
  writer.put(" HTTP/1.1\r\n");
  writer.put_field("Host", frame.host);
  for (const Field& field : request.headers) {
    if (field.dropped || (field_bit(field.id) & own_of_requests) != 0) continue;
    writer.put_canonical_field(field);
  }
  put_framing(writer, frame.framing, frame.content_length);
  if (frame.te_trailers) writer.put("Te: trailers\r\n");
  put_connection(writer, frame.connection, frame.upgrade);
  writer.put("\r\n");
  return writer.size();
}

std::size_t write_chunk_line(char* to, std::uint64_t size) noexcept {
  const char* end = copy(to + text::write_hex(to, size), chunk_end);
  return static_cast<std::size_t>(end - to);
}

std::size_t write_last_chunk(std::span<char> room, const http::Headers* trailers) noexcept {
  Writer writer(room);
  writer.put("0\r\n");
  if (trailers != nullptr) {
    for (const Field& field : *trailers) {
      if (!field.dropped) writer.put_field(field.name, field.value);
    }
  }
  writer.put("\r\n");
  return writer.size();
}

}  // namespace pm::h1
