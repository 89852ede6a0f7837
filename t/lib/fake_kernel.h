// SPDX-License-Identifier: MIT
// fake_kernel.h -- a kernel that a test plays: sockets are strings, every edge, window and error is the test's decision.
//
//   in      what peers do: deliver(), finish(), reset_by_peer(), take(), open_window(), accept_connect(), refuse_connect()
//   out     net::Kernel as the reactor sees it: edge-triggered, recv() gives what is there, send() takes what fits; a pipe is
//           one more string, found by the net::Pipe that it stands for
//   own     the bytes of both directions of every socket, until the test takes them
//   source  epoll(7), tcp(7): a read shorter than asked means drained; each edge is told once
#pragma once

#include "net/kernel.h"

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace pm::test {

class FakeKernel final : public net::Kernel {
 public:
  struct Socket {
    net::Watch* watch = nullptr;
    std::string in;              // from the peer, not yet read by the daemon
    std::string out;             // from the daemon, not yet taken by the peer
    std::size_t window = 65536;  // what out may hold
    bool open = true;            // the daemon holds it
    bool fin_in = false;         // the peer has sent its FIN
    bool fin_out = false;        // the daemon has sent its FIN
    bool is_abandoned = false;   // what is sent is gone
    bool was_reset = false;      // by the daemon, at its close
    int error = 0;               // what reads and writes fail with once `in` is empty
    int send_error = 0;          // what writes fail with, of which no event tells
    bool connecting = false;
    int connect_error = 0;
    bool edge_in = false;
    bool edge_out = false;
    bool edge_hup = false;
    bool edge_err = false;
    Endpoint to;  // of a connect()
  };

  // The test's side.
  int add();  // an accepted socket
  Socket& socket(int fd) { return sockets_.find(fd)->second; }
  void deliver(int fd, std::string_view bytes);
  void finish(int fd);
  void reset_by_peer(int fd);
  std::string take(
      int fd, std::size_t most = SIZE_MAX);  // the peer reads; the window opens again by as much
  void abandon(int fd) {
    set_window(fd, SIZE_MAX), socket(fd).is_abandoned = true;
  }  // nobody reads
  void set_window(int fd, std::size_t bytes);
  void accept_connect(int fd);
  void refuse_connect(int fd, int error);
  void pass(std::uint64_t ms) noexcept { now_ns_ += ms * 1000000; }
  // What accept() on the listening socket gives next: a socket, or a negative errno.
  void queue_accept(int listener, int result) { accepts_[listener].push_back(result); }
  void fail_connects(int error) noexcept { connect_failure_ = error; }  // at once; 0: no more
  void refuse_watches(bool refuse) noexcept { refuse_watches_ = refuse; }
  // Between two turns: watches that died in the last one are gone for good. Within a turn wait() may still name them, as
  // epoll does for a descriptor that another process holds a copy of.
  void begin_turn(bool with_stale_events) noexcept {
    stale_.clear();
    tells_stale_ = with_stale_events;
  }
  // What the daemon has opened since this was last asked.
  std::vector<int> connected();
  // The order of the events of one wait; the default keeps them as they came.
  std::function<std::size_t(std::size_t)> pick = [](std::size_t) {
    return std::size_t{0};
  };
  std::size_t open_sockets() const noexcept;
  std::uint64_t calls() const noexcept {
    return calls_;
  }  // receive, peek and send: what a spin would count up

  // The most that one splice moves: short counts, as the kernel likes.
  void limit_splices(std::size_t bytes) noexcept { splice_limit_ = bytes; }
  std::uint64_t spliced() const noexcept { return spliced_; }  // bytes that went into pipes
  std::size_t in_pipes() const noexcept;

  // net::Kernel
  int watch(int fd, net::Watch* watch) noexcept override;
  int watch_level(int fd, net::Watch* watch) noexcept override { return this->watch(fd, watch); }
  void unwatch(int fd) noexcept override;
  int wait(std::span<net::Event> events, int timeout_ms) noexcept override;
  long receive(int fd, char* to, std::size_t room) noexcept override;
  long peek(int fd, char* to, std::size_t room) noexcept override;
  long send(int fd, const iovec* pieces, int count) noexcept override;
  long splice_in(int fd, const net::Pipe& pipe, std::size_t most) noexcept override;
  long splice_out(const net::Pipe& pipe, int fd, std::size_t size) noexcept override;
  void empty_pipe(const net::Pipe& pipe, std::size_t size) noexcept override;
  int accept(int fd, Endpoint& peer) noexcept override;
  int connect(const Endpoint& to) noexcept override;
  int connect_local(std::string_view path) noexcept override;
  int connect_error(int fd) noexcept override;
  void shutdown_write(int fd) noexcept override;
  void close(int fd) noexcept override;
  void reset(int fd) noexcept override;
  std::uint64_t now_ns() noexcept override { return now_ns_; }

 private:
  std::map<int, Socket> sockets_;
  std::map<int, std::deque<int>> accepts_;
  std::map<const net::Pipe*, std::string> pipes_;
  std::size_t splice_limit_ = SIZE_MAX;
  std::uint64_t spliced_ = 0;
  std::vector<int> connected_;
  std::vector<net::Watch*> stale_;
  bool tells_stale_ = false;
  bool refuse_watches_ = false;
  int connect_failure_ = 0;
  std::uint64_t calls_ = 0;
  int next_fd_ = 100;
  std::uint64_t now_ns_ = 1000000000000;
};

}  // namespace pm::test
