// SPDX-License-Identifier: MIT
// zone.h -- a named region of memory that all processes of the daemon see.
//
//   shape   a sealed memfd: a header of 64 bytes (magic, layout version, size, name, checksum, epoch of the writer), then
//           `size` bytes of zeros for whoever lays them out. Offsets and atomics only: it may be mapped anywhere
//   in      created by the master before it forks; children inherit the mapping; attach() is for the next program of an
//           upgrade, which inherits the descriptor
//   own     the Zone owns mapping and descriptor
//   cost    virtual memory; a page becomes real when it is first touched
//   errors  create(): the kernel has no memory or descriptors. attach(): the region is another one, or of another layout
//           version; the caller starts afresh and says so
//   source  architecture.md section 4, decision 30
#pragma once

#include "core/result.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pm::shm {

struct ZoneShape {
  std::string_view name;     // at most 23 bytes; shows in /proc/PID/maps
  std::uint32_t layout = 0;  // version; raised with every change of what the bytes mean
  std::size_t size = 0;      // behind the header
};

class Zone {
 public:
  static Result<Zone> create(const ZoneShape& shape);
  static Result<Zone> attach(int fd,
                             const ZoneShape& shape);  // takes the descriptor when it succeeds
  Zone(Zone&& other) noexcept;
  Zone& operator=(Zone&& other) noexcept;
  ~Zone();

  void* data() noexcept;  // aligned to 64
  const void* data() const noexcept;
  int fd() const noexcept { return fd_; }
  std::string_view name() const noexcept;

  // The single writer of a zone is the process that claimed it last. It looks before it writes, and is passive from the
  // moment that another has claimed: during an upgrade two live side by side.
  std::uint64_t claim() noexcept;
  bool is_held_by(std::uint64_t epoch) const noexcept;

  void make_read_only() noexcept;  // in this process, for good: a worker only reads

 private:
  Zone(int fd, void* base, std::size_t mapped) noexcept : fd_(fd), base_(base), mapped_(mapped) {}
  struct Header;
  Header& header() const noexcept { return *static_cast<Header*>(base_); }

  int fd_ = -1;
  void* base_ = nullptr;
  std::size_t mapped_ = 0;
};

}  // namespace pm::shm
