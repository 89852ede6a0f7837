// SPDX-License-Identifier: MIT
// bytes.h -- the first look at what has come: no byte in it that a head must not hold, and where its lines end.
//
//   in      any bytes: a head and perhaps more, or one complete head or trailer section
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

// The lines of a head that is clean and holds no surprise, in the same pass. Good as long as the bytes are.
class Lines {
 public:
  Lines() noexcept {}  // the places are not set

  // Bytes up to the first empty line, which is included. 0, and there are no lines: none has come, the first line is empty,
  // what is before it is not clean, or has more than 64 lines. Then is_clean() and a search for each line say what there is
  // (and always where the machine has no SSE2).
  std::size_t find(std::string_view bytes) noexcept;
  // The same bytes are elsewhere now.
  void move_to(const char* block) noexcept {
    if (empty()) return;
    end_ = block + (end_ - block_);
    block_ = block;
  }
  // They are the lines of one head, and of nothing more; looked for where there are none yet.
  bool are_of(std::string_view head) noexcept {
    if (empty()) find(head);
    if (end_ != head.data() + head.size()) clear();
    return !empty();
  }
  void clear() noexcept { count_ = 0; }
  bool empty() const noexcept { return count_ == 0; }
  std::size_t size() const noexcept { return count_; }
  // The start line is the first; the empty one does not count. Line ends are not part of a line.
  std::string_view operator[](std::size_t i) const noexcept {
    const std::size_t begin = i == 0 ? 0 : ends_[i - 1] + 2;
    return {block_ + begin, ends_[i] - begin};
  }
  std::size_t colon(std::string_view line) const noexcept;  // of one of them: the first, or npos

 private:
  static constexpr std::size_t most = 64;

  const char* block_ = nullptr;
  const char* end_ = nullptr;  // of the head
  std::size_t count_ = 0;
  std::array<std::uint32_t, most> ends_;  // of each line: where its CR is
};

}  // namespace pm::h1
