// SPDX-License-Identifier: MIT
// child_loop.h -- the loop of a child: libuv, the master's messages and the signals of operations.md section 3 on it.
//
//   in      an Ear: what to do when somebody speaks
//   own     the uv_loop_t and its handles; close() must have run before the object dies
//   errors  a message that is none means that the master is not what it was: taken as its death
//   source  operations.md section 3; libuv: a loop is never carried across fork
#pragma once

#include "core/result.h"
#include "process/channel.h"

#include <uv.h>

namespace pm::process {

class Ear {
 public:
  virtual void on_message(Message message) = 0;
  virtual void on_master_gone() = 0;
  virtual void on_terminate() = 0;  // TERM: end at once
  virtual void on_quit() = 0;       // QUIT: drain
  virtual void on_flush() = 0;      // USR1: write what is buffered

 protected:
  ~Ear() = default;
};

class ChildLoop {
 public:
  ChildLoop(Ear& ear, Channel channel) noexcept : ear_(ear), channel_(std::move(channel)) {}
  ChildLoop(const ChildLoop&) = delete;
  ChildLoop& operator=(const ChildLoop&) = delete;

  Status open();
  uv_loop_t* uv() noexcept { return &loop_; }
  Channel& channel() noexcept { return channel_; }
  void run() { uv_run(&loop_, UV_RUN_DEFAULT); }
  void leave() noexcept { uv_stop(&loop_); }
  void stop_listening() noexcept {  // to the master
    is_listening_ = false;
    uv_poll_stop(&poll_);
  }
  void close() noexcept;  // everything else on the loop must be closed or closing

 private:
  void read_messages();
  Status watch(uv_signal_t& handle, int number);

  Ear& ear_;
  Channel channel_;
  bool is_listening_ = false;
  uv_loop_t loop_{};
  uv_poll_t poll_{};
  uv_signal_t terminate_{};
  uv_signal_t quit_{};
  uv_signal_t flush_{};
};

}  // namespace pm::process
