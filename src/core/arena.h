// SPDX-License-Identifier: MIT
// arena.h -- one life, many allocations: memory that is given back all at once.
//
//   in      sizes and alignments up to alignof(max_align_t); a BlockPool that lends blocks of one size
//   out     uninitialised memory, or copies of text, valid until clear() or the end of the arena
//   own     the arena owns its blocks and runs the destructors of what make<T>() built, last first
//   cost    a bump of a pointer; a block from the pool's free list now and then; larger pieces by malloc
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

namespace pm {

// A free list of equal blocks. One per worker; not for use by two threads.
class BlockPool {
 public:
  explicit BlockPool(std::size_t block_size, std::size_t keep = 1024) noexcept
      : block_size_(block_size), keep_(keep) {}
  ~BlockPool();
  BlockPool(const BlockPool&) = delete;
  BlockPool& operator=(const BlockPool&) = delete;

  void* take();
  void give(void* block) noexcept;
  void trim() noexcept;  // frees what is on the list
  std::size_t block_size() const noexcept { return block_size_; }
  std::size_t lent() const noexcept { return lent_; }

 private:
  struct Free {
    Free* next;
  };
  Free* free_ = nullptr;
  std::size_t block_size_;
  std::size_t keep_;  // at most this many on the free list
  std::size_t listed_ = 0;
  std::size_t lent_ = 0;
};

class Arena {
 public:
  explicit Arena(BlockPool& pool) noexcept : pool_(&pool) {}
  ~Arena() { clear(); }
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  void* allocate(std::size_t size, std::size_t alignment = alignof(std::max_align_t)) {
    const std::uintptr_t at = (next_ + alignment - 1) & ~(std::uintptr_t{alignment} - 1);
    if (next_ != 0 && at + size <= end_) {
      next_ = at + size;
      return reinterpret_cast<void*>(at);
    }
    return allocate_slow(size, alignment);
  }

  template <class T>
  T* array(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<T>);
    return static_cast<T*>(allocate(count * sizeof(T), alignof(T)));
  }

  template <class T, class... Args>
  T* make(Args&&... args) {
    T* const place = static_cast<T*>(allocate(sizeof(T), alignof(T)));
    T* const object = std::construct_at(place, std::forward<Args>(args)...);
    if constexpr (!std::is_trivially_destructible_v<T>) {
      on_clear([](void* p) noexcept { static_cast<T*>(p)->~T(); }, object);
    }
    return object;
  }

  std::string_view copy(std::string_view text);
  std::string_view join(std::string_view a, std::string_view b, std::string_view c = {});
  // Gives back the tail of the newest allocation: `data` must be what allocate() returned last.
  void shrink(void* data, std::size_t old_size, std::size_t new_size) noexcept {
    const auto at = reinterpret_cast<std::uintptr_t>(data);
    if (at + old_size == next_) next_ = at + new_size;
  }

  void clear() noexcept;
  BlockPool& pool() const noexcept { return *pool_; }
  std::size_t bytes_held() const noexcept { return held_; }  // blocks and large pieces, for limits

 private:
  struct Block {
    Block* next;
    bool pooled;
  };
  struct Cleanup {
    Cleanup* next;
    void (*run)(void*) noexcept;
    void* object;
  };
  void* allocate_slow(std::size_t size, std::size_t alignment);
  void on_clear(void (*run)(void*) noexcept, void* object);

  BlockPool* pool_;
  Block* blocks_ = nullptr;
  Cleanup* cleanups_ = nullptr;
  std::uintptr_t next_ = 0;
  std::uintptr_t end_ = 0;
  std::size_t held_ = 0;
};

}  // namespace pm
