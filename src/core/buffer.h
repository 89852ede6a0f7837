// SPDX-License-Identifier: MIT
// buffer.h -- bytes that have to wait: a growing buffer for an unfinished head, and a queue of bytes not yet written.
//
//   own     memory comes from the worker's BytePools and goes back as soon as the bytes are gone, so that an idle
//           connection owns none; what there is to know of the bytes stands in front of them, so an empty one is a word
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

  std::string_view view() const noexcept {
    if (block_ == nullptr) return {};
    return {block_->bytes() + block_->start, block_->end - block_->start};
  }
  bool empty() const noexcept { return block_ == nullptr || block_->end == block_->start; }
  std::size_t room() const noexcept {
    return block_ == nullptr ? 0 : block_->capacity - block_->end;
  }
  char* tail() noexcept { return block_->bytes() + block_->end; }  // where there is room
  void grow(BytePools& pools, std::size_t more);  // room() is at least `more` afterwards
  void commit(std::size_t count) noexcept { block_->end += static_cast<std::uint32_t>(count); }
  void append(BytePools& pools, std::string_view bytes);
  void consume(std::size_t count) noexcept {
    if (count > 0) block_->start += static_cast<std::uint32_t>(count);
  }
  void release(BytePools& pools) noexcept;

 private:
  struct Block {
    std::uint32_t start;
    std::uint32_t end;
    std::uint32_t capacity;
    char* bytes() noexcept { return reinterpret_cast<char*>(this + 1); }
  };
  static Block* take(BytePools& pools, std::size_t wanted, std::size_t kept);
  static void give(BytePools& pools, Block* block) noexcept;

  Block* block_ = nullptr;
};

// A queue of bytes in blocks of 16 KiB, what fits 4 KiB in one of these: what a socket would not take.
class ByteQueue {
 public:
  ByteQueue() noexcept = default;
  ByteQueue(const ByteQueue&) = delete;
  ByteQueue& operator=(const ByteQueue&) = delete;
  ~ByteQueue();  // must be empty: clear() needs the pools

  bool empty() const noexcept { return first_ == nullptr; }
  std::size_t size() const noexcept { return first_ == nullptr ? 0 : first_->size; }
  void append(BytePools& pools, std::string_view bytes);
  int front(iovec* pieces,
            int count) const noexcept;  // the first pieces, at most `count`; returns their number
  std::size_t front(std::span<std::string_view> slices) const noexcept;  // the same
  void consume(BytePools& pools, std::size_t count) noexcept;
  void clear(BytePools& pools) noexcept { consume(pools, size()); }

 private:
  struct Block {
    Block* next;
    Block* last;       // of the first block only: the queue's last one,
    std::size_t size;  // and the bytes in all of them
    std::uint32_t start;
    std::uint32_t end;
    std::uint32_t capacity;
    char* bytes() noexcept { return reinterpret_cast<char*>(this + 1); }
  };
  Block* add_block(BytePools& pools, std::size_t wanted);
  static void give(BytePools& pools, Block* block) noexcept;

  Block* first_ = nullptr;
};

}  // namespace pm
