// SPDX-License-Identifier: MIT
// uv_loop.h -- the libuv loop of a child process: it calls when a descriptor or a signal speaks.
//
//   in      one descriptor to watch (level-triggered) and a few signals; what to do then
//   own     the uv_loop_t and its handles. close() must have run, with everything else on the loop closed or closing
//   errors  the kernel refuses a descriptor
//   cost    cold: for the channel to the master, not for traffic (that is net/reactor)
//   source  libuv: a loop is made in the process that runs it, never carried across fork
#pragma once

#include "core/result.h"

#include <functional>
#include <memory>
#include <string_view>

struct uv_loop_s;

namespace pm::net {

class UvLoop {
 public:
  using Callback = std::function<void()>;

  UvLoop();
  ~UvLoop();
  UvLoop(const UvLoop&) = delete;
  UvLoop& operator=(const UvLoop&) = delete;

  Status open();
  // Called as well when the peer is gone or has failed: reading tells.
  Status watch(int fd, Callback on_readable);
  void unwatch() noexcept;
  Status on_signal(int signal, Callback callback);  // at most `most_signals`

  uv_loop_s* uv() noexcept;
  void close() noexcept;

  static constexpr std::size_t most_signals = 4;

 private:
  struct Handles;
  std::unique_ptr<Handles> handles_;
};

std::string_view uv_version() noexcept;  // of the library that runs: "1.44.2"

}  // namespace pm::net
