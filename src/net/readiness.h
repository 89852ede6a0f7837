// SPDX-License-Identifier: MIT
// readiness.h -- tells when a descriptor of a library can be read or written, on libuv's loop, level-triggered.
//
//   in      a descriptor that somebody else owns and closes after the Readiness has gone
//   own     a libuv poll handle, given back in a later turn: a Readiness may die inside its own call
//   cost    a system call for each change of interest. Traffic goes through the reactor instead
//   errors  is_open() is false when the kernel cannot watch the descriptor (a plain file)
//   source  libuv, uv_poll_t
#pragma once

#include <functional>

struct uv_loop_s;

namespace pm::net {

struct Ready {
  bool readable = false;
  bool writable = false;
};

class Readiness {
 public:
  Readiness(uv_loop_s* loop, int fd, std::function<void(Ready)> tell);
  ~Readiness();
  Readiness(const Readiness&) = delete;
  Readiness& operator=(const Readiness&) = delete;

  bool is_open() const noexcept { return handle_ != nullptr; }
  void want(Ready interest) noexcept;  // an error of the descriptor is told as both

 private:
  struct Handle;
  Handle* handle_ = nullptr;
};

}  // namespace pm::net
