// SPDX-License-Identifier: MIT
// fd.h -- a file descriptor that has an owner, and the few calls that move whole texts through one.
//
//   own     an Fd closes what it holds, once; moving passes the ownership on
//   errors  an Error names the system's reason; Errc::not_found for a missing file, denied for a refused one, else io
//   cost    system calls only; every descriptor made here is close-on-exec
#pragma once

#include "core/result.h"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace pm::os {

class Fd {
 public:
  Fd() noexcept = default;
  explicit Fd(int fd) noexcept : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(other.release()) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) reset(other.release());
    return *this;
  }
  ~Fd() { reset(); }

  int number() const noexcept { return fd_; }
  bool is_open() const noexcept { return fd_ >= 0; }
  int release() noexcept { return std::exchange(fd_, -1); }
  void reset(int fd = -1) noexcept;

 private:
  int fd_ = -1;
};

std::string reason(int error);  // "permission denied": the system's words in lower case
Error system_error(std::string_view what, int error);  // "what: reason"

Result<Fd> open_file(const std::string& path, int flags, unsigned mode = 0);
Result<Fd> duplicate(int fd);
Result<std::string> read_all(int fd,
                             std::size_t limit);  // to the end; more than `limit` bytes is an error
Status write_all(int fd, std::string_view bytes);
// A file without a name in a folder; not open when there can be none there.
Fd unnamed_file(const std::string& folder) noexcept;
// `path` holds `content` or what it held before, never a part: written beside it and renamed.
Status replace_file(const std::string& path, std::string_view content, unsigned mode);
void close_all_but(
    std::span<const int> keep) noexcept;  // descriptors from 3 on; for a child right after fork

}  // namespace pm::os
