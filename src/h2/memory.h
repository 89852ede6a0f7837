// SPDX-License-Identifier: MIT
// memory.h -- the library's small pieces, from free lists of the worker: a stream, a frame, a field that it keeps.
//
//   in      the library's calls; sizes up to 1 KiB have lists, in steps of 16 bytes, larger ones are malloc's
//   out     memory aligned as malloc's; null when there is none
//   own     what is on the lists, at most 1 MiB (nothing under a sanitizer); sessions share it
//   cost    a few instructions and 16 bytes a piece
//   source  decision 51
#pragma once

#include <nghttp2/nghttp2.h>

#include <array>
#include <cstddef>

namespace pm::h2 {

class LibraryMemory {
 public:
  LibraryMemory() noexcept;
  ~LibraryMemory() { trim(); }
  LibraryMemory(const LibraryMemory&) = delete;
  LibraryMemory& operator=(const LibraryMemory&) = delete;

  nghttp2_mem& calls() noexcept { return calls_; }
  void trim() noexcept;  // frees what is on the lists
  std::size_t listed_bytes() const noexcept { return listed_; }
  std::size_t lent() const noexcept { return lent_; }  // pieces

 private:
  // In front of each piece: its list, or the number behind the last one.
  union alignas(std::max_align_t) Head {
    std::size_t step;
    Head* next;  // on the list
  };
  static constexpr std::size_t step_size = 16;
  static constexpr std::size_t steps = 64;
#ifdef __SANITIZE_ADDRESS__
  static constexpr std::size_t most_listed = 0;  // what is freed is gone
#else
  static constexpr std::size_t most_listed = 1 << 20;
#endif
  static_assert(sizeof(Head) == step_size);

  static void* on_malloc(std::size_t size, void* self) noexcept;
  static void* on_calloc(std::size_t count, std::size_t size, void* self) noexcept;
  static void* on_realloc(void* piece, std::size_t size, void* self) noexcept;
  static void on_free(void* piece, void* self) noexcept;
  void* take(std::size_t size) noexcept;
  void give(void* piece) noexcept;

  std::array<Head*, steps> lists_{};
  std::size_t listed_ = 0;
  std::size_t lent_ = 0;
  nghttp2_mem calls_;
};

}  // namespace pm::h2
