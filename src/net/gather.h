// SPDX-License-Identifier: MIT
// gather.h -- one message part being put together, so that it leaves in one send.
//
//   shape   small pieces are copied behind one another into a scratch of the worker; large ones are borrowed
//   own     borrows large pieces until the write that follows; the scratch is the worker's and is empty between turns
//   cost    a copy of at most 16 KiB a piece, which is cheaper than a second send by a factor of forty
//   source  performance-notes.md sections 1.6 and 3, "Writing"
#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>

#include <sys/uio.h>

namespace pm::net {

class Gather {
 public:
  static constexpr std::size_t copy_limit = 16384;
  static constexpr std::size_t scratch_size = 262144;

  explicit Gather(char* scratch) noexcept : scratch_(scratch) {}

  // Room for a head: written in place, then committed.
  std::span<char> room() noexcept { return {scratch_ + used_, scratch_size - used_}; }
  void commit(std::size_t size) noexcept {
    extend(scratch_ + used_, size);
    used_ += size;
  }
  void add(std::string_view bytes) noexcept {
    if (bytes.size() <= copy_limit && scratch_size - used_ >= bytes.size()) {
      if (!bytes.empty()) std::memcpy(scratch_ + used_, bytes.data(), bytes.size());
      return commit(bytes.size());
    }
    borrow(bytes);
  }
  // Without a copy, for bytes whose owner waits for the write.
  void borrow(std::string_view bytes) noexcept {
    extend(const_cast<char*>(bytes.data()), bytes.size());
  }
  bool has_room(std::size_t pieces) const noexcept {
    return static_cast<std::size_t>(count_) + pieces + 2 < pieces_.size();
  }

  bool empty() const noexcept { return size_ == 0; }
  std::size_t size() const noexcept { return size_; }
  const iovec* pieces() const noexcept { return pieces_.data(); }
  int count() const noexcept { return count_; }
  void clear() noexcept { used_ = size_ = 0, count_ = 0; }

 private:
  void extend(char* data, std::size_t size) noexcept {
    if (size == 0) return;
    size_ += size;
    if (count_ > 0) {
      iovec& last = pieces_[count_ - 1];
      if (static_cast<char*>(last.iov_base) + last.iov_len == data) {
        last.iov_len += size;
        return;
      }
    }
    pieces_[count_++] = iovec{data, size};
  }

  char* scratch_;
  std::size_t used_ = 0;
  std::size_t size_ = 0;
  int count_ = 0;
  std::array<iovec, 160> pieces_;
};

}  // namespace pm::net
