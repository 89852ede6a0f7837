// SPDX-License-Identifier: MIT
// listener.h -- a listening socket: connections as they come, no more than a turn may take, none when there is no room.
//
//   in      a bound, listening, non-blocking descriptor made by the master
//   out     accepted descriptors, with the address of the peer
//   own     the descriptor: closed by stop(), or the kernel would go on queueing connections that nobody takes. The master
//           keeps a copy, so that what is queued waits for the next worker
//   errors  no descriptors or memory left, for a connection or for watching: a rest of 100 ms, then another try (no spin)
//   cost    one accept a connection: a second one that finds nothing would cost a new connection two percent
//   source  performance-notes.md section 3, "Listeners"
#pragma once

#include "net/loop.h"

namespace pm::net {

class ListenerUser {
 public:
  virtual void on_accept(int fd, const Endpoint& peer) noexcept = 0;
  virtual void on_accept_failed(int error) noexcept = 0;  // a positive errno; for the log
  virtual bool may_accept() noexcept = 0;                 // is there room for one more?

 protected:
  ~ListenerUser() = default;
};

class Listener final : public Watch, private Timer {
 public:
  Listener(Loop& loop, int fd, ListenerUser& user) noexcept : loop_(&loop), user_(&user), fd_(fd) {}

  bool start() noexcept;  // false: the kernel refuses to watch it
  void go_on() noexcept;  // there is room again
  void stop() noexcept;  // takes what is queued and closes; hands itself to the reactor's dead list

 private:
  void on_event(const Event&) noexcept override;
  void on_turn() noexcept override;
  void on_timer() noexcept override;
  int accept_some(int limit) noexcept;  // how many were taken
  int watch() noexcept;                 // negative: an errno
  void rest(int error) noexcept;
  void mute() noexcept;  // the kernel tells nothing until go_on()

  Loop* loop_;
  ListenerUser* user_;
  int fd_;
  int limit_ = 1;   // of one turn: more than one only where a crowd waits
  int streak_ = 0;  // turns in which the limit was reached
  bool is_muted_ = true;
};

}  // namespace pm::net
