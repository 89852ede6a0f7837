// SPDX-License-Identifier: MIT
// buffer.h -- bytes that have to wait: a growing buffer for an unfinished head, and a queue of bytes not yet written.
//
//   own     memory comes from the worker's BytePools and goes back as soon as the bytes are gone, so that an idle
//           connection owns none
//   cost    one copy in; ByteBuffer grows 4 KiB, 16 KiB, then doubles by malloc
//   source  performance-notes.md section 3, "Reading" and "Writing"
#pragma once

#include "core/arena.h"

#include <cstdint>
#include <span>
#include <string_view>

struct iovec;

namespace pm {

struct BytePools {
  BlockPool small{4096, 256};
  BlockPool large{16384, 256};
};

// Contiguous bytes, appended behind, consumed in front.
class ByteBuffer {
 public:
  ByteBuffer() noexcept = default;
  ByteBuffer(const ByteBuffer&) = delete;
  ByteBuffer& operator=(const ByteBuffer&) = delete;
  ~ByteBuffer();  // must be empty of memory: release() needs the pools

  std::string_view view() const noexcept { return {data_ + start_, size_ - start_}; }
  bool empty() const noexcept { return size_ == start_; }
  std::size_t room() const noexcept { return capacity_ - size_; }
  char* tail() noexcept { return data_ + size_; }
  void grow(BytePools& pools, std::size_t more);  // room() is at least `more` afterwards
  void commit(std::size_t count) noexcept { size_ += static_cast<std::uint32_t>(count); }
  void append(BytePools& pools, std::string_view bytes);
  void consume(std::size_t count) noexcept { start_ += static_cast<std::uint32_t>(count); }
  void release(BytePools& pools) noexcept;

 private:
  char* data_ = nullptr;
  std::uint32_t start_ = 0;
  std::uint32_t size_ = 0;
  std::uint32_t capacity_ = 0;
};

// A queue of bytes in blocks of 16 KiB, what fits 4 KiB in one of these: what a socket would not take.
class ByteQueue {
 public:
  ByteQueue() noexcept = default;
  ByteQueue(const ByteQueue&) = delete;
  ByteQueue& operator=(const ByteQueue&) = delete;
  ~ByteQueue();  // must be empty: clear() needs the pools

  bool empty() const noexcept { return size_ == 0; }
  std::size_t size() const noexcept { return size_; }
  void append(BytePools& pools, std::string_view bytes);
  int front(iovec* pieces,
            int count) const noexcept;  // the first pieces, at most `count`; returns their number
  std::size_t front(std::span<std::string_view> slices) const noexcept;  // the same
  void consume(BytePools& pools, std::size_t count) noexcept;
  void clear(BytePools& pools) noexcept { consume(pools, size_); }

 private:
  struct Block {
    Block* next;
    std::uint32_t start;
    std::uint32_t end;
    std::uint32_t capacity;
    char* bytes() noexcept { return reinterpret_cast<char*>(this + 1); }
  };
  Block* add_block(BytePools& pools, std::size_t wanted);
  static void give(BytePools& pools, Block* block) noexcept;

  Block* first_ = nullptr;
  Block* last_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace pm
