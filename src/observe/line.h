// SPDX-License-Identifier: MIT
// line.h -- text put into a room of fixed size, which goes on counting when the room is full.
//
//   in      the room; pieces of text and numbers
//   out     the bytes in the room, and the size that the whole text has: more than the room means that it was cut
//   own     borrows the room
//   cost    a compare and a memcpy a piece
#pragma once

#include "core/text.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace pm::observe {

class Line {
 public:
  explicit Line(std::span<char> room) noexcept : begin_(room.data()), room_(room.size()) {}

  std::size_t size() const noexcept { return size_; }
  void put(std::string_view text) noexcept {
    char* to = take(text.size());
    if (to != nullptr) std::char_traits<char>::copy(to, text.data(), text.size());
  }
  void put(char c) noexcept {
    char* to = take(1);
    if (to != nullptr) *to = c;
  }
  void put_number(std::uint64_t value) noexcept {
    char digits[20];
    put(std::string_view(digits, text::write_decimal(digits, value)));
  }

 private:
  char* take(std::size_t length) noexcept {
    const std::size_t at = size_;
    size_ += length;
    return size_ <= room_ ? begin_ + at : nullptr;
  }

  char* begin_;
  std::size_t room_;
  std::size_t size_ = 0;
};

}  // namespace pm::observe
