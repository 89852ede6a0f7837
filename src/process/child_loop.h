// SPDX-License-Identifier: MIT
// child_loop.h -- the ear of a child on its loop: the master's messages, and the signals of operations.md section 3.
//
//   in      an Ear: what to do when somebody speaks
//   own     the loop and the child's end of the channel; close() must have run before the object dies
//   errors  a message that is none means that the master is not what it was: taken as its death
//   source  operations.md section 3
#pragma once

#include "core/result.h"
#include "net/loop.h"
#include "net/uv_loop.h"
#include "process/channel.h"

#include <array>
#include <utility>

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
  ChildLoop(Ear& ear, Channel channel) : ear_(ear), channel_(std::move(channel)) {}
  ChildLoop(const ChildLoop&) = delete;
  ChildLoop& operator=(const ChildLoop&) = delete;

  Status open();
  uv_loop_s* uv() noexcept { return loop_.uv(); }
  Channel& channel() noexcept { return channel_; }
  // An error ends the child: the master would wait for it in vain, and starts another one for one that is gone.
  Status tell_ready() noexcept;
  void run(net::Loop& traffic);  // until leave()
  void leave() noexcept { has_left_ = true; }
  void close() noexcept { loop_.close(); }  // everything else on the loop must be closed or closing

 private:
  void read_messages();
  void hold_reserve() noexcept;

  Ear& ear_;
  Channel channel_;
  net::UvLoop loop_;
  bool is_listening_ = true;  // to the master
  bool has_left_ = false;
  // Clients may have taken all descriptors but these: a message of the master's brings up to two.
  std::array<os::Fd, 2> reserve_;
};

}  // namespace pm::process
