// SPDX-License-Identifier: MIT
// chunk.h -- the chunked transfer coding, read strictly and resumable at any byte.
//
//   in      bytes as they come; state is a few words, so an idle connection could hold one
//   out     slices of body data inside the input; nothing is copied
//   errors  a body fault (security.md section 2): the message cannot be trusted beyond this byte
//   cost    linear; extensions are skipped within their bounds (256 bytes a line, 16 KiB a message)
//   source  RFC 9112 section 7.1
#pragma once

#include <cstdint>
#include <string_view>

namespace pm::h1 {

class ChunkReader {
 public:
  enum class Step : std::uint8_t {
    more,      // all input was consumed, the body goes on
    data,      // `data()` is a slice of the body; call again with what is left
    trailers,  // the last chunk was read; the trailer section begins at the rest of the input
    fault,     // malformed
  };

  // Consumes from the front of `input` and cuts off what it consumed.
  Step read(std::string_view& input) noexcept;
  std::string_view data() const noexcept { return data_; }
  void reset() noexcept { *this = ChunkReader{}; }

 private:
  enum class State : std::uint8_t {
    size_first,
    size,
    extension,
    size_lf,
    body,
    body_cr,
    body_lf,
    done,
    broken
  };
  Step take_data(std::string_view& input) noexcept;
  bool take_byte(char c) noexcept;
  bool take_digit(char c) noexcept;
  bool take_extension(char c) noexcept;

  State state_ = State::size_first;
  std::uint8_t digits_ = 0;
  std::uint16_t line_extension_ = 0;
  std::uint32_t extensions_ = 0;
  std::uint64_t left_ = 0;  // bytes of the present chunk that have not come yet
  std::string_view data_;
};

}  // namespace pm::h1
