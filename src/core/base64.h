// SPDX-License-Identifier: MIT
// base64.h -- bytes as text of 64 letters, and back, whole or in pieces.
//
//   in      encoding: any bytes. decoding: the standard alphabet, padded, nothing else
//   out     into room of the caller's; the size
//   errors  decoding: nothing when the text is malformed
//   cost    one table look-up a letter, no allocation; base64_encode() makes a string
//   source  RFC 4648 section 4
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pm {

std::string base64_encode(std::string_view bytes);
// `to` has room for 3/4 of the text, rounded up to 3.
std::optional<std::size_t> base64_decode(std::string_view text, char* to) noexcept;

// A text that comes in pieces, cut anywhere. Several padded ones in a row are read as one: "Zg==Zm8=" is "ffo".
class Base64Reader {
 public:
  static constexpr std::size_t room_for(std::size_t size) noexcept { return size / 4 * 3 + 3; }
  std::optional<std::size_t> read(std::string_view text, char* to) noexcept;
  bool is_whole() const noexcept { return letters_ == 0; }  // it may end here

 private:
  std::size_t close_group(char* to) noexcept;
  std::uint32_t bits_ = 0;
  std::uint8_t letters_ = 0;  // of the open group, padding included
  std::uint8_t padding_ = 0;
};

// Bytes that come in pieces. Up to two wait for the next piece; flush() sends them off, padded.
class Base64Writer {
 public:
  static constexpr std::size_t room_for(std::size_t size) noexcept { return (size + 2) / 3 * 4; }
  std::size_t write(std::string_view bytes, char* to) noexcept;
  std::size_t flush(char* to) noexcept;  // at most 4 letters

 private:
  std::uint32_t bits_ = 0;
  std::uint8_t bytes_ = 0;  // of the open group
};

}  // namespace pm
