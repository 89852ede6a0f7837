// SPDX-License-Identifier: MIT
// reactor.h -- which sockets want attention, in what order, and when dead ones may be forgotten.
//
//   in      events of a Kernel (edge-triggered: each edge comes once), and watches that queue themselves
//   out     on_turn() for each queued watch, at most once a pass
//   own     live watches are borrowed from their owners; retired ones are owned and freed at the end of the turn, so that
//           an event of the same batch that still names one finds valid memory
//   cost    one list operation an event; one virtual call a pass for each watch that has something for the pass's end
//   source  performance-notes.md section 3, "Registration"
//
// One turn:  wait ─► mark bits, queue ─► run the queue ─► what was left for the pass's end
//            ─► (again while there is work, a few passes) ─► free the dead
#pragma once

#include "core/list.h"
#include "net/kernel.h"

#include <array>
#include <cstdint>

namespace pm::net {

struct ReadyTag;
struct DeadTag;

class Reactor;

// What must not be freed before the turn has ended, because somebody further up the stack may still look at it.
class Mortal : public ListNode<DeadTag> {
 public:
  Mortal() noexcept = default;
  virtual ~Mortal() = default;

 private:
  friend class Reactor;
  bool is_dead_ = false;
};

class Watch : public Mortal, public ListNode<ReadyTag> {
 protected:
  virtual void on_event(
      const Event& event) noexcept = 0;   // notes the bits and queues itself when it cares
  virtual void on_turn() noexcept = 0;    // does a bounded amount of work
  virtual void on_pass_end() noexcept {}  // asked for by at_pass_end()

 private:
  friend class Reactor;
};

class Reactor {
 public:
  explicit Reactor(Kernel& kernel) noexcept : kernel_(&kernel) {}
  ~Reactor();
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;

  Kernel& kernel() noexcept { return *kernel_; }
  void queue(Watch& watch) noexcept {
    if (!static_cast<ListNode<ReadyTag>&>(watch).is_linked() && !watch.is_dead_)
      ready_.push_back(watch);
  }
  // Do several watches have their call in this pass? Then what one of them sends may wait for the others: sends that follow
  // one another cost less than sends between reads.
  bool is_busy() const noexcept { return is_busy_; }
  // on_pass_end() when everybody has had their call, or a few dozen wait for it. Only while is_busy(), once before each call.
  void at_pass_end(Watch& watch) noexcept {
    if (late_count_ == late_.size()) end_pass();
    late_[late_count_++] = &watch;
  }

  // Takes ownership; no call reaches the watch any more but an on_pass_end() that it has asked for. Its descriptor has been
  // closed by then.
  void retire(Watch* watch) noexcept;
  void retire(Mortal* object) noexcept;

  // Sleeps until there are events for the next turn: Kernel::wait().
  void wait(int timeout_ms) noexcept;
  // One bounded turn. True when work is left that no event will announce: the caller must come again soon.
  bool turn() noexcept;
  std::uint64_t turns() const noexcept { return turns_; }

 private:
  void run_ready() noexcept;
  void end_pass() noexcept;
  void free_dead() noexcept;

  static constexpr std::size_t batch = 512;  // events of one wait

  Kernel* kernel_;
  std::array<Event, batch> events_;
  int count_ = 0;
  bool has_waited_ = false;  // and what came is not dealt with yet
  bool is_busy_ = false;
  std::array<Watch*, 32> late_;
  std::size_t late_count_ = 0;
  List<Watch, ReadyTag> ready_;
  List<Mortal, DeadTag> dead_;
  std::uint64_t turns_ = 0;
};

}  // namespace pm::net
