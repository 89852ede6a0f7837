// SPDX-License-Identifier: MIT
// stream.h -- one connected socket: bytes in when they are wanted, bytes out in one send, and what is left over kept.
//
//   in      read(): at most what the caller asks for, in one system call. write(): a Gather, sent at once, or, when it is short
//           and others are served in the same pass of the reactor, at the end of that; what the socket does not take is
//           copied into the stream's own queue and sent when there is room
//   out     on_readable() while reading is on and bytes (or the end) are there; on_drained() when a queue has emptied
//   own     the descriptor and the queue. The user owns the stream until close(), which hands it to the reactor's dead list
//   errors  a status, never an exception; after failed or end no more bytes come
//   cost    edge-triggered: one registration in its life, no call to pause or resume; idle it is 88 bytes and holds no buffer
//   source  performance-notes.md section 3, "Registration" and "Writing"
//
// Invariants: `readable_` is true from an edge until a read came back short (and, after a hangup, until it returned 0: that
// edge was the last). A stream that is queued, reading and readable is on the ready list, or its user is being called.
// A stream that is `late_` is writable, has a queue, owes no on_drained(), and awaits the reactor's on_pass_end().
#pragma once

#include "core/flow.h"
#include "net/layer.h"
#include "net/loop.h"

#include <memory>

namespace pm::net {

class StreamUser {
 public:
  virtual void on_readable() noexcept = 0;
  virtual void
  on_drained() noexcept = 0;  // the queue is empty again; for a connecting stream: the outcome is there
  // What a write() had taken with `more` found the socket full at the end of the pass: on_drained() will come. No write here.
  virtual void on_blocked() noexcept {}
  virtual void
  on_hangup() noexcept = 0;  // while paused: the peer sends no more than what is unread. Once
  virtual void on_broken() noexcept = 0;  // while paused: dead (reset, failed write). Once

 protected:
  ~StreamUser() = default;
};

class Stream : public Watch {
 public:
  enum class State : std::uint8_t { connected, connecting };
  // Registers a descriptor. Null, with the descriptor closed, when the kernel refuses.
  static Stream* open(Loop& loop, int fd, StreamUser& user,
                      State state = State::connected) noexcept;

  void set_user(StreamUser& user) noexcept { user_ = &user; }
  Loop& loop() noexcept { return *loop_; }

  Got read(char* to, std::size_t room) noexcept {
    return layer_ == nullptr ? receive(to, room) : layer_->read(to, room);
  }
  // Is the peer's end (FIN) next, with no byte before it? One system call; only asked when a hangup was seen.
  bool at_end() noexcept;
  bool saw_hangup() const noexcept { return hangup_; }
  int connect_error() noexcept { return loop_->kernel().connect_error(fd_); }
  bool is_readable() const noexcept { return readable_ || pending_; }
  void pause() noexcept {
    reading_ = false;
    // Seen while somebody read, and nobody will read any more: the user is still to hear of it.
    const bool owes_word = (hangup_ && !told_hangup_) || (broken_ && !told_broken_);
    if (owes_word) loop_->reactor().queue(*this);
  }
  void resume() noexcept {
    reading_ = true;
    if (readable_ || pending_ || poked_) loop_->reactor().queue(*this);
  }

  // on_readable() comes in the next pass even if the socket is silent: the user holds bytes of its own to go on with.
  void poke() noexcept {
    poked_ = true;
    loop_->reactor().queue(*this);
  }

  // Sends what was gathered and empties the Gather. hold: something is left in the queue, on_drained() will come. After
  // `more` it comes too, when the end of the pass finds the socket full.
  Flow write(Gather& gather) noexcept;
  Flow write(
      std::string_view
          bytes) noexcept;  // the same for a short text beside the Gather (an interim answer)
  // What the socket would not take.
  std::size_t queued() const noexcept { return late_ ? 0 : queue_.size(); }
  // Sends what waits for the end of the pass. Has the kernel everything? For who is about to close.
  bool settle() noexcept {
    if (late_) send_late();
    return queue_.empty();
  }
  // Has the kernel taken bytes since the mark, or will it at the end of this pass? One user at a time asks.
  bool has_moved() const noexcept { return moved_ || late_; }
  void mark() noexcept { moved_ = false; }
  void shutdown_write() noexcept;  // FIN once the queue is empty

  // The socket is closed (abruptly: with a reset), the queue dropped; no call reaches the user any more.
  enum class Close : std::uint8_t { orderly, reset };
  void close(Close how = Close::orderly) noexcept;

  int fd() const noexcept { return fd_; }

  // Every byte goes through the layer from now on.
  void set_layer(std::unique_ptr<Layer> layer) noexcept { layer_ = std::move(layer); }

  // For a Splice: a socket that no layer stands before.
  bool is_plain() const noexcept { return layer_ == nullptr; }
  Got receive(const Pipe& pipe, std::size_t most) noexcept;  // into an empty one
  // What the socket takes of so many bytes in the pipe. Fewer: it is blocked, or broken.
  std::size_t send(const Pipe& pipe, std::size_t size) noexcept;
  // Something waits for room in the socket: on_drained() will come.
  bool is_blocked() const noexcept { return owes_drained_; }

  // For the layer: the socket itself.
  bool socket_is_readable() const noexcept { return readable_; }
  Got receive(char* to, std::size_t room) noexcept;
  Flow send(const iovec* pieces, int count, std::size_t size) noexcept;
  // The layer holds bytes that it can hand over without the socket, or an end: as good as readable.
  void set_pending(bool pending) noexcept {
    pending_ = pending;
    if (pending && reading_) loop_->reactor().queue(*this);
  }

 protected:
  Stream(Loop& loop, int fd, StreamUser& user) noexcept : loop_(&loop), user_(&user), fd_(fd) {}
  ~Stream() override = default;
  void on_event(const Event& event) noexcept override;
  void on_turn() noexcept override;
  void on_pass_end() noexcept override;

 private:
  Got judge(long count) noexcept;
  bool may_be_late(std::size_t size) const noexcept;
  void send_late() noexcept;
  void send_queue() noexcept;
  void keep(const iovec* pieces, int count, std::size_t sent) noexcept;
  void fail() noexcept;

  // There are many streams, and most are idle.
  Loop* loop_;
  StreamUser* user_;
  std::unique_ptr<Layer> layer_;  // null: plain
  ByteQueue queue_;
  int fd_;
  bool readable_ : 1 = false;
  bool pending_ : 1 = false;  // the layer holds something
  bool writable_ : 1 = true;
  bool hangup_ : 1 = false;
  // No write will succeed any more; bytes that came before may still be read.
  bool broken_ : 1 = false;
  bool told_hangup_ : 1 = false;
  bool told_broken_ : 1 = false;
  bool reading_ : 1 = false;
  bool poked_ : 1 = false;
  bool shut_ : 1 = false;  // a FIN is wanted
  bool shut_sent_ : 1 = false;
  bool owes_drained_ : 1 = false;
  bool moved_ : 1 = false;  // the kernel took bytes
  bool late_ : 1 = false;   // the queue waits for the end of the pass, not for the socket
};

}  // namespace pm::net
