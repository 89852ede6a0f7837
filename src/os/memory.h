// SPDX-License-Identifier: MIT
// memory.h -- anonymous files in memory: written once, sealed, then read by everybody who holds the descriptor.
//
//   own     a Mapping unmaps what it holds. A sealed file can neither change nor shrink under its readers
//   errors  map_sealed() refuses a descriptor that is not sealed: whoever made it could still change it
//   source  memfd_create(2), fcntl(2) F_ADD_SEALS
#pragma once

#include "os/fd.h"

#include <cstddef>
#include <string_view>
#include <utility>

namespace pm::os {

class Mapping {
 public:
  Mapping() noexcept = default;
  Mapping(const void* data, std::size_t size) noexcept : data_(data), size_(size) {}
  Mapping(Mapping&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  Mapping& operator=(Mapping&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~Mapping();

  std::string_view bytes() const noexcept { return {static_cast<const char*>(data_), size_}; }

 private:
  const void* data_ = nullptr;
  std::size_t size_ = 0;
};

// Anonymous pages, all zeros: those that are never used are never there.
class Pages {
 public:
  explicit Pages(std::size_t size) noexcept;  // ends the process when there is no address space
  ~Pages();
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;
  char* data() noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }

 private:
  char* data_;
  std::size_t size_;
};

Result<Fd> make_memory(const char* name);
Status seal(int fd);  // no write, no growth, no shrinking, no other seal
Result<Mapping> map_sealed(int fd, std::size_t limit);  // read-only, left out of core dumps
void keep_heap_small() noexcept;  // one malloc arena; before the first thread of a process starts
// What a `new` that fails does from now on: wait until there is memory again, for whom nobody replaces; else end the process.
void wait_for_memory() noexcept;
void end_without_memory() noexcept;
void give_back_free_memory() noexcept;  // what malloc holds free goes back to the kernel

}  // namespace pm::os
