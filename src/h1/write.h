// SPDX-License-Identifier: MIT
// write.h -- heads, chunk lines and trailers as HTTP/1 bytes: written anew from the parsed form, never copied.
//
//   in      a Request or Response and what the codec decided: framing, connection, upgrade. Fields that are not dropped
//           are written in order, but for those that the writer sets itself: Host, Connection, Content-Length,
//           Transfer-Encoding, Keep-Alive, Proxy-Connection, TE, Upgrade. Whoever makes a value sees to it that no CR or LF is in it; those of
//           peers were judged when they were parsed
//   out     bytes from the beginning of `room`; the number of bytes that the text has. More than room.size(): what is in
//           the room is not to be used; call again with as much room as was said
//   own     nothing; borrows everything for the call
//   cost    one pass of memcpy, about a hundred instructions a field
//   source  RFC 9112 sections 3, 4, 6 and 7; security.md sections 1 and 2
#pragma once

#include "http/request.h"
#include "http/response.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace pm::h1 {

// What the Connection field says. `quiet` is the default of HTTP/1.1: the connection is kept.
enum class ConnectionWord : std::uint8_t { quiet, close, keep_alive, upgrade };

struct ResponseFrame {
  http::Framing framing =
      http::Framing::none;  // until_close writes no framing field: `connection` has to say close
  std::uint64_t content_length = 0;  // with Framing::length
  ConnectionWord connection = ConnectionWord::quiet;
  std::string_view upgrade;  // with ConnectionWord::upgrade: the protocol of a 101
  std::string_view date;  // 29 bytes, written when the response has no Date; "" for interim answers
};
// The status line is always of HTTP/1.1 (RFC 9110 section 6.2); a missing reason is the registered one.
std::size_t write_response_head(std::span<char> room, const http::Response& response,
                                const ResponseFrame& frame) noexcept;

struct RequestFrame {
  http::Framing framing = http::Framing::none;
  std::uint64_t content_length = 0;
  std::string_view host;         // what the server is to see as Host; may be empty
  std::string_view path_prefix;  // put before the path: "/app", without a slash at its end
  ConnectionWord connection = ConnectionWord::quiet;
  std::string_view upgrade;  // with ConnectionWord::upgrade: the protocol that the client asked for
  bool te_trailers = false;  // the client takes trailers
};
// method, path and query in origin form ("*" where the path is that), Host first, names in canonical spelling.
std::size_t write_request_head(std::span<char> room, const http::Request& request,
                               const RequestFrame& frame) noexcept;

// "1f4\r\n" before a chunk of that size (above 0), whose data are followed by `chunk_end`.
constexpr std::size_t max_chunk_line = 16 + 2;
constexpr std::string_view chunk_end = "\r\n";
std::size_t write_chunk_line(char* to, std::uint64_t size) noexcept;

// The last chunk, the trailers that are not dropped, and the empty line. null: none.
std::size_t write_last_chunk(std::span<char> room, const http::Headers* trailers) noexcept;

}  // namespace pm::h1
