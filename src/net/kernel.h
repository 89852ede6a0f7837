// SPDX-License-Identifier: MIT
// kernel.h -- the system calls of the data path, behind one table, so that a test can play the kernel.
//
//   out     results as the kernel gives them: a count, or a negative errno (-EAGAIN, -ECONNRESET, ...)
//   own     descriptors are borrowed; close() is the only call that ends one
//   cost    one indirect call beside each system call
//   source  performance-notes.md section 3: one edge-triggered epoll for every proxied socket
#pragma once

#include "core/ip.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

struct iovec;

namespace pm::net {

struct Pipe;
class Watch;

// What a socket has to say; bits may come together, and more than once. Without initial values: a batch has room for hundreds,
// and clearing them would be the dearest part of a turn that brings one.
struct Event {
  Watch* watch;
  bool readable;
  bool writable;
  bool hangup;  // the peer will send no more
  bool broken;  // by an error (a reset, a time-out): no write will succeed any more
};

class Kernel {
 public:
  virtual ~Kernel() = default;
  virtual int watch(int fd,
                    Watch* watch) noexcept = 0;  // IN|OUT|RDHUP, edge-triggered, once per socket
  // Level-triggered, IN only. A listening socket: told again and again while connections are queued, so that nobody must
  // accept until none is left. Or a library's own epoll.
  virtual int watch_level(int fd, Watch* watch) noexcept = 0;
  virtual void unwatch(
      int fd) noexcept = 0;  // for sockets that other processes hold, too: closing would not do
  // The number of events. Sleeps until there is one, `timeout_ms` have passed (-1: for ever), or a signal came.
  virtual int wait(std::span<Event> events, int timeout_ms) noexcept = 0;
  virtual long receive(int fd, char* to, std::size_t room) noexcept = 0;
  virtual long peek(int fd, char* to, std::size_t room) noexcept = 0;
  virtual long send(int fd, const iovec* pieces, int count) noexcept = 0;
  // From a socket into a pipe with nothing in it, and out of one into a socket: as receive() and send(), without a copy.
  virtual long splice_in(int fd, const Pipe& pipe, std::size_t most) noexcept = 0;
  virtual long splice_out(const Pipe& pipe, int fd, std::size_t size) noexcept = 0;
  virtual void empty_pipe(const Pipe& pipe,
                          std::size_t size) noexcept = 0;  // the bytes in it are lost
  virtual int accept(int fd, Endpoint& peer) noexcept = 0;
  virtual int connect(
      const Endpoint& to) noexcept = 0;  // the descriptor of a socket that is connecting
  virtual int connect_local(std::string_view path) noexcept = 0;  // the same, of a unix socket
  virtual int connect_error(int fd) noexcept = 0;  // 0, or the negative errno of a failed connect
  virtual void shutdown_write(int fd) noexcept = 0;
  virtual void close(int fd) noexcept = 0;
  virtual void reset(int fd) noexcept = 0;      // closes so that the peer sees a reset
  virtual std::uint64_t now_ns() noexcept = 0;  // monotonic
};

// The real one.
class EpollKernel final : public Kernel {
 public:
  EpollKernel() noexcept;
  ~EpollKernel() override;
  EpollKernel(const EpollKernel&) = delete;
  EpollKernel& operator=(const EpollKernel&) = delete;
  bool is_open() const noexcept {
    return epoll_ >= 0;
  }  // false: the kernel refused an epoll descriptor

  int watch(int fd, Watch* watch) noexcept override;
  int watch_level(int fd, Watch* watch) noexcept override;
  void unwatch(int fd) noexcept override;
  int wait(std::span<Event> events, int timeout_ms) noexcept override;
  long receive(int fd, char* to, std::size_t room) noexcept override;
  long peek(int fd, char* to, std::size_t room) noexcept override;
  long send(int fd, const iovec* pieces, int count) noexcept override;
  long splice_in(int fd, const Pipe& pipe, std::size_t most) noexcept override;
  long splice_out(const Pipe& pipe, int fd, std::size_t size) noexcept override;
  void empty_pipe(const Pipe& pipe, std::size_t size) noexcept override;
  int accept(int fd, Endpoint& peer) noexcept override;
  int connect(const Endpoint& to) noexcept override;
  int connect_local(std::string_view path) noexcept override;
  int connect_error(int fd) noexcept override;
  void shutdown_write(int fd) noexcept override;
  void close(int fd) noexcept override;
  void reset(int fd) noexcept override;
  std::uint64_t now_ns() noexcept override;

 private:
  int add(int fd, Watch* watch, std::uint32_t bits) noexcept;
  int epoll_;
};

}  // namespace pm::net
