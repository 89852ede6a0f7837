// SPDX-License-Identifier: MIT
// flusher.h -- sessions that have frames to send, each of them written once when everybody else of a pass is done.
//
//   shape   one per worker; a Watch without a socket, which queues itself behind those whose events made the frames
//   cost    a list operation for each session and pass; one send for all frames of a session (a send for each frame costs
//           seven times as much a request)
//   source  performance-notes.md sections 2.5 and 3, "HTTP/2"
#pragma once

#include "h2/memory.h"
#include "net/loop.h"

#include <memory>

namespace pm::h2 {

struct FlushTag;

class Flushed : public ListNode<FlushTag> {
 public:
  virtual void flush() noexcept = 0;

 protected:
  ~Flushed() = default;
};

class Flusher {
 public:
  explicit Flusher(net::Loop& loop) noexcept : loop_(&loop), watch_(new Turn(*this)) {}
  ~Flusher() { loop_->reactor().retire(watch_); }
  Flusher(const Flusher&) = delete;
  Flusher& operator=(const Flusher&) = delete;

  void add(Flushed& session) noexcept {
    if (session.is_linked()) return;
    sessions_.push_back(session);
    loop_->reactor().queue(*watch_);
  }
  net::Loop& loop() noexcept { return *loop_; }
  const std::shared_ptr<LibraryMemory>& memory() const noexcept { return memory_; }

 private:
  class Turn final : public net::Watch {
   public:
    explicit Turn(Flusher& flusher) noexcept : flusher_(&flusher) {}

   private:
    void on_event(const net::Event&) noexcept override {}
    void on_turn() noexcept override { flusher_->run(); }
    Flusher* flusher_;
  };
  void run() noexcept {
    List<Flushed, FlushTag> now;
    now.take_all(sessions_);
    while (!now.empty())
      now.pop_front().flush();
  }

  net::Loop* loop_;
  Turn* watch_;
  List<Flushed, FlushTag> sessions_;
  std::shared_ptr<LibraryMemory> memory_ = std::make_shared<LibraryMemory>();
};

}  // namespace pm::h2
