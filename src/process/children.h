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
#include <optional>
#include <span>
#include <vector>

#include <sys/types.h>

namespace pm::process {

enum class ChildKind : std::uint8_t { agent, worker };

struct Child {
  ChildKind kind = ChildKind::worker;
  unsigned slot = 0;
  pid_t pid = 0;  // 0: not there; starts at `due` when the daemon runs
  bool is_ready = false;
  Channel channel;
  Respawn respawn;
  std::chrono::steady_clock::time_point due{};
};

class Children {
 public:
  using Clock = std::chrono::steady_clock;
  using Birth = std::function<void(const Child& child, Channel channel)>;

  explicit Children(Birth birth) : birth_(std::move(birth)) {}
  void add(ChildKind kind, unsigned slot);

  Status start(Child& child);  // forks; the child calls birth and does not come back
  struct Death {
    Child* child = nullptr;  // null: not one of the table (adopted, as process 1 is)
    pid_t pid = 0;
    int status = 0;
  };
  std::optional<Death> reap();
  void plan_return(Child& child, Clock::time_point now);

  std::span<Child> all() noexcept { return children_; }
  std::size_t alive(ChildKind kind) const noexcept;
  std::size_t alive() const noexcept;
  bool all_ready() const noexcept;
  void send(ChildKind kind, MessageType type) noexcept;
  void kill(ChildKind kind, int signal) noexcept;
  std::optional<Clock::time_point> next_due() const noexcept;

 private:
  Birth birth_;
  std::vector<Child> children_;
};

std::string describe(const Child& child);  // "worker 3", "the agent"

}  // namespace pm::process
