// SPDX-License-Identifier: MIT
// loop.h -- the worker's loop: the reactor, libuv's loop nested in it, the wheel, and the memory that all sockets share.
//
//   own     the epoll, the read buffer, the scratch of the Gather, the byte pools and the pipes; borrows the uv_loop_t
//   shape   now_ms(), now_ns(): the monotonic clock as read once a turn
//   cost    one epoll_wait a wake-up; libuv's rounds only when one of its descriptors or timers wants one
//   errors  create() fails when the kernel refuses an epoll or memory
//   source  decision 39; libuv, uv_backend_fd
//
// A round:  libuv, if it is due ─► sleep in our epoll, in which libuv's own is one descriptor ─► a turn of the reactor
#pragma once

#include "core/buffer.h"
#include "core/result.h"
#include "net/delay.h"
#include "net/gather.h"
#include "net/pipes.h"
#include "net/reactor.h"
#include "net/timer.h"
#include "os/memory.h"

#include <memory>
#include <span>
#include <utility>
#include <vector>

struct uv_loop_s;

namespace pm::net {

// Something that has work to do when a turn has ended (the access log hands its lines over, caches are trimmed).
class TurnEnd {
 public:
  virtual void on_turn_end() noexcept = 0;

 protected:
  ~TurnEnd() = default;
};

class Loop {
 public:
  static constexpr std::size_t small_read = 81920;  // a body of 64 KiB comes with its head
  static constexpr std::size_t large_read =
      262144;  // while a body streams at full reads (decision 44)

  // With a kernel of one's own (tests) there is no libuv: call turn() and tick().
  static Result<std::unique_ptr<Loop>> create(uv_loop_s* loop);
  static std::unique_ptr<Loop> create_for_test(Kernel& kernel);
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  Reactor& reactor() noexcept { return reactor_; }
  Kernel& kernel() noexcept { return reactor_.kernel(); }
  BytePools& pools() noexcept { return pools_; }
  Gather& gather() noexcept { return gather_; }
  Pipes& pipes() noexcept { return pipes_; }  // none, until it is given some
  void set_pipes(Pipes pipes) noexcept { pipes_ = std::move(pipes); }
  std::span<char> read_buffer() noexcept { return {buffer_.data(), large_read}; }
  uv_loop_s* uv() noexcept { return uv_; }

  std::uint64_t now_ns() const noexcept { return now_ns_; }
  std::uint64_t now_ms() const noexcept { return now_ns_ / 1000000; }
  void arm(Timer& timer, std::uint64_t deadline_ms) noexcept;
  void disarm(Timer& timer) noexcept { wheel_.disarm(timer); }
  // Precise; `after_ms` 0: in a turn of its own, soon.
  void set(Delay& delay, std::uint64_t after_ms);
  void at_turn_end(TurnEnd& what) { turn_ends_.push_back(&what); }

  void round() noexcept;  // sleeps until something happens, and deals with it
  void turn() noexcept;   // one turn of the reactor, after work for it in a callback of libuv's
  // What libuv calls back for: with the clock read, and a turn behind it.
  template <class F>
  void run(F&& what) noexcept {
    read_clock();
    what();
    turn();
  }
  // Whoever works long asks that this turn be measured; the longest so far is what a connection may have waited for others.
  void measure_turn() noexcept { is_measured_ = true; }
  std::uint64_t longest_turn_ns() const noexcept { return longest_turn_ns_; }
  void tick() noexcept;  // the wheel catches up with the clock

 private:
  Loop(uv_loop_s* loop, std::unique_ptr<Kernel> own, Kernel& kernel);
  struct Handles;  // libuv's part
  // libuv's own epoll as a watch of ours.
  class UvWatch final : public Watch {
   public:
    bool is_ready = true;  // what it was told to watch before us it has not told the kernel yet

   private:
    void on_event(const Event&) noexcept override { is_ready = true; }
    void on_turn() noexcept override {}
  };
  Status attach();
  void start_ticking() noexcept;
  void wait_for_delay() noexcept;
  void read_clock() noexcept { now_ns_ = reactor_.kernel().now_ns(); }

  uv_loop_s* uv_;
  std::unique_ptr<Kernel> own_kernel_;
  os::Pages buffer_{large_read};
  os::Pages scratch_{Gather::scratch_size};
  std::uint64_t now_ns_ = 0;
  std::uint64_t longest_turn_ns_ = 0;
  BytePools pools_;
  Pipes pipes_;
  Reactor reactor_;
  Wheel wheel_;
  Delays delays_;
  Gather gather_;
  std::vector<TurnEnd*> turn_ends_;
  UvWatch uv_watch_;
  Handles* handles_ = nullptr;  // freed by libuv's close callbacks
  bool has_more_ = false;       // on the ready list: no event will announce it
  bool ticking_ = false;
  bool is_measured_ = false;
};

}  // namespace pm::net
