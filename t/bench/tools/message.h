// SPDX-License-Identifier: MIT
// message.h -- as much of HTTP/1.1 as the measuring tools need of peers that they trust: a field of a head, the end of a body.
//
//   in      a head without its empty line; bytes of a body in any pieces
//   out     the value of a field without its leading blanks; how many of the bytes belong to the body
//   cost    nothing is kept or copied
//   source  RFC 9112 sections 5 to 7
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pm::bench {

std::string_view field(std::string_view head, std::string_view name);
bool has_token(std::string_view value, std::string_view token);
std::uint64_t number(std::string_view digits);

class Body {
 public:
  void begin_length(std::uint64_t length);
  void begin_chunks();
  void begin_to_end();

  std::size_t take(std::string_view bytes);
  bool is_whole() const { return part_ == Part::none; }
  bool lasts_to_end() const { return part_ == Part::to_end; }

 private:
  enum class Part : std::uint8_t { none, length, to_end, size, extension, chunk, trailer };

  std::size_t take_run(std::size_t size, Part then);
  void take_size(char c);
  void take_trailer(char c);

  Part part_ = Part::none;
  std::uint64_t left_ = 0;  // bytes of the body, or of the chunk with its CRLF, still to come
  std::size_t line_ = 0;    // length of the trailer's line so far
};

}  // namespace pm::bench
