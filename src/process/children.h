// SPDX-License-Identifier: MIT
// children.h -- the table of the master's children: who they are, how to talk to them, when they come back.
//
//   in      a Birth: the function that a child becomes after fork; it never returns
//   out     deaths, reaped one by one
//   own     the channels to the children; a child that goes takes its channel with it
//   errors  fork fails: said by start(), tried again like a death
//   source  architecture.md section 1, decision 22
#pragma once

#include "process/channel.h"
#include "process/respawn.h"

#include <chrono>
#include <functional>
#include <list>
#include <optional>
#include <string>

#include <sys/types.h>

namespace pm::process {

enum class ChildKind : std::uint8_t { agent, worker };

// Of which configuration of the static part a child is.
enum class Standing : std::uint8_t {
  active,    // the one in force; it comes back when it dies
  coming,    // the next one, until all of its children are ready
  replaced,  // one before: it ends with what it still carries
};

struct Child {
  ChildKind kind = ChildKind::worker;
  unsigned slot = 0;  // of its generation: whose sockets it takes
  std::optional<unsigned>
      zone_slot;  // of a worker that is there: under which it counts in shared memory
  unsigned generation = 0;
  Standing standing = Standing::active;
  pid_t pid = 0;  // 0: not there; starts at `due` when the daemon runs
  bool is_ready = false;
  std::uint64_t told = 0;     // serial number of the last configuration that was sent to it
  std::uint64_t applied = 0;  // and of the last one that is in force there
  std::uint64_t pinged = 0;   // the last number that it was sent, and that it sent back
  std::uint64_t answered = 0;
  std::uint64_t asked = 0;  // the ping that it is to have answered when it is looked at next
  Channel channel;
  Respawn respawn;
  std::chrono::steady_clock::time_point due{};
  std::optional<std::chrono::steady_clock::time_point> end_by;  // of a replaced one; then KILL
  bool is_ended = false;                                        // by us, however it goes
};

class Children {
 public:
  using Clock = std::chrono::steady_clock;
  using Birth = std::function<void(const Child& child, Channel channel)>;

  explicit Children(Birth birth) : birth_(std::move(birth)) {}
  Child& add(ChildKind kind, unsigned slot);
  void remove_replaced();  // those that have ended

  Status start(Child& child);  // forks; the child calls birth and does not come back
  struct Death {
    Child* child = nullptr;  // null: not one of the table (adopted, as process 1 is)
    pid_t pid = 0;
    int status = 0;
  };
  std::optional<Death> reap();
  void plan_return(Child& child, Clock::time_point now);

  std::list<Child>& all() noexcept { return children_; }
  template <class F>
  void for_each(Standing standing, F&& visit) {
    for (Child& child : children_) {
      if (child.standing == standing) visit(child);
    }
  }
  std::size_t alive(ChildKind kind) const noexcept;
  std::size_t alive() const noexcept;
  bool all_ready(Standing standing) const noexcept;
  void send(ChildKind kind, MessageType type, std::string_view body = {}) noexcept;
  void kill(ChildKind kind, int signal) noexcept;
  std::optional<Clock::time_point> next_due() const noexcept;
  // Replaced children that should have ended: killed.
  void end_overdue(Clock::time_point now) noexcept;
  std::optional<Clock::time_point> next_end() const noexcept;

 private:
  Birth birth_;
  std::list<Child> children_;  // their addresses stay
};

// To one that lives: by its channel, and where that does not take it by a signal that means the same.
void order(Child& child, MessageType type, int otherwise, std::string_view body = {}) noexcept;
std::string describe(const Child& child);  // "worker 3", "the agent"

}  // namespace pm::process
