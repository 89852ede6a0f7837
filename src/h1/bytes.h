// SPDX-License-Identifier: MIT
// bytes.h -- the first look at a whole block: no byte in it that a head must not hold, and where its lines end.
//
//   in      any bytes: one complete head or trailer section
//   out     clean: each CR is followed by LF, each LF follows a CR, and no other control byte but tab occurs. Bytes 0x80 to
//           0xFF pass. What is read after it may take every LF for the end of a line
//   cost    one pass, 32 bytes at a time where the machine can
//   source  RFC 9112 section 2.2, RFC 9110 section 5.5; security.md section 2
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pm::h1 {

bool is_clean(std::string_view block) noexcept;

// The same of a block that is still coming: no byte that follows can mend what is wrong by now, and whoever sent it may be
// waiting for the answer.
inline bool may_become_clean(std::string_view begun) noexcept {
  if (begun.ends_with('\r')) begun.remove_suffix(1);
  return is_clean(begun);
}

// Bytes up to the first empty line behind another one, both included; 0: there is none. It looks at nothing else.
std::size_t find_head_end(std::string_view bytes) noexcept;

// The lines of a head that is clean and holds no surprise, in the same pass. Good as long as the block is.
class Lines {
 public:
  // False, and there are none: the block is not clean, does not end with its first empty line, or has 64 lines. Then
  // is_clean() and a search for each line say what there is (and always where the machine has no SSE2).
  bool find(std::string_view block) noexcept;
  bool empty() const noexcept { return count_ == 0; }
  std::size_t size() const noexcept { return count_; }
  // The start line is the first; the empty one does not count. Line ends are not part of a line.
  std::string_view operator[](std::size_t i) const noexcept {
    const std::size_t begin = i == 0 ? 0 : ends_[i - 1] + 2;
    return {block_ + begin, ends_[i] - begin};
  }

 private:
  static constexpr std::size_t most = 64;

  const char* block_ = nullptr;
  std::size_t count_ = 0;
  std::array<std::uint32_t, most> ends_;  // of each line: where its CR is
};

}  // namespace pm::h1
