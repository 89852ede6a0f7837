// SPDX-License-Identifier: MIT
#include "h1/chunk.h"

#include "core/text.h"

#include <algorithm>

namespace pm::h1 {
namespace {

constexpr std::uint8_t max_digits = 16;
constexpr std::uint64_t max_chunk = std::uint64_t{1} << 62;
constexpr std::uint16_t max_line_extension = 256;
constexpr std::uint32_t max_extensions = 16 * 1024;

constexpr bool is_control(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

}  // namespace

ChunkReader::Step ChunkReader::read(std::string_view& input) noexcept {
  while (!input.empty()) {
    if (state_ == State::done) return Step::trailers;
    if (state_ == State::body) return take_data(input);
    if (!take_byte(input.front())) {
      state_ = State::broken;
      return Step::fault;
    }
    input.remove_prefix(1);
  }
  return state_ == State::done ? Step::trailers : Step::more;
}

ChunkReader::Step ChunkReader::take_data(std::string_view& input) noexcept {
  const std::uint64_t length = std::min<std::uint64_t>(left_, input.size());
  data_ = input.substr(0, length);
  input.remove_prefix(length);
  left_ -= length;
  if (left_ == 0) state_ = State::body_cr;
  return Step::data;
}

// One byte of what stands between the data. False: it may not stand there.
bool ChunkReader::take_byte(char c) noexcept {
  switch (state_) {
    case State::size_first: return take_digit(c);
    case State::size:
      if (c == '\r') {
        state_ = State::size_lf;
        return true;
      }
      if (c != ';') return take_digit(c);
      state_ = State::extension;
      line_extension_ = 0;
      return take_extension(c);
    case State::extension: return take_extension(c);
    case State::size_lf:
      if (c != '\n') return false;
      state_ = left_ == 0 ? State::done : State::body;
      return true;
    case State::body_cr:
      if (c != '\r') return false;
      state_ = State::body_lf;
      return true;
    case State::body_lf:
      if (c != '\n') return false;
      state_ = State::size_first;
      return true;
    case State::body:
    case State::done:    // read() keeps these two from coming here
    case State::broken:  // and a fault is for good
      return false;
  }
  return false;
}

bool ChunkReader::take_digit(char c) noexcept {
  const int value = text::hex_value(c);
  if (value < 0) return false;
  if (state_ == State::size_first) {
    state_ = State::size;
    digits_ = 0;
    left_ = 0;
  }
  if (digits_ == max_digits) return false;
  ++digits_;
  left_ = left_ << 4 | static_cast<std::uint64_t>(value);
  return left_ <= max_chunk;
}

bool ChunkReader::take_extension(char c) noexcept {
  if (c == '\r') {
    state_ = State::size_lf;
    return true;
  }
  if (is_control(c)) return false;
  ++line_extension_;
  ++extensions_;
  return line_extension_ <= max_line_extension && extensions_ <= max_extensions;
}

}  // namespace pm::h1
