// SPDX-License-Identifier: MIT
// log_buffer.h -- whole lines on their way to the log.
//
//   in      lines of any size
//   out     one text of all of them
//   own     memory that grows as lines come, up to max_size; what only a burst needed goes back with clear()
//   errors  room() is null when the bound is reached or memory is short: the line is then dropped by the caller
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pm::observe {

class LogBuffer {
 public:
  static constexpr std::size_t max_size = 512 * 1024;

  LogBuffer() noexcept = default;
  ~LogBuffer();
  LogBuffer(const LogBuffer&) = delete;
  LogBuffer& operator=(const LogBuffer&) = delete;

  char* room(std::size_t size) noexcept;  // where `size` bytes more may be written
  std::size_t free_size() const noexcept { return capacity_ - size_; }
  void add_line(std::size_t size) noexcept {
    size_ += size;
    ++lines_;
  }
  std::string_view text() const noexcept { return {data_, size_}; }
  std::uint32_t lines() const noexcept { return lines_; }
  std::size_t size() const noexcept { return size_; }
  void clear() noexcept;

 private:
  bool grow(std::size_t needed) noexcept;

  char* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
  std::uint32_t lines_ = 0;
};

}  // namespace pm::observe
