// SPDX-License-Identifier: MIT
#include "process/children.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>

#include <sys/wait.h>
#include <unistd.h>

namespace pm::process {

Child& Children::add(ChildKind kind, unsigned slot) {
  Child& child = children_.emplace_back();
  child.kind = kind;
  child.slot = slot;
  return child;
}

void Children::remove_replaced() {
  children_.remove_if(
      [](const Child& child) { return child.standing == Standing::replaced && child.pid == 0; });
}

Status Children::start(Child& child) {
  PM_TRY(auto ends, Channel::make_pair());
  std::fflush(nullptr);
  const pid_t pid = ::fork();
  if (pid < 0) return os::system_error("cannot fork", errno);
  if (pid == 0) {
    birth_(child, std::move(ends.second));
    ::_exit(70);  // not reached: a birth ends its process
  }
  child.pid = pid;
  child.is_ready = false;
  child.told = child.applied = 0;
  child.pinged = child.answered = child.asked = 0;
  child.channel = std::move(ends.first);
  return success();
}

std::optional<Children::Death> Children::reap() {
  Death death;
  do {
    death.pid = ::waitpid(-1, &death.status, WNOHANG);
  } while (death.pid < 0 && errno == EINTR);
  if (death.pid <= 0) return std::nullopt;
  for (Child& child : children_) {
    if (child.pid == death.pid) death.child = &child;
  }
  if (death.child != nullptr) {
    death.child->pid = 0;
    death.child->is_ready = false;
    death.child->channel = Channel();
  }
  return death;
}

void Children::plan_return(Child& child, Clock::time_point now) {
  child.due = now + child.respawn.delay_after_death(now);
}

std::size_t Children::alive(ChildKind kind) const noexcept {
  return static_cast<std::size_t>(
      std::count_if(children_.begin(), children_.end(),
                    [kind](const Child& child) { return child.pid != 0 && child.kind == kind; }));
}

std::size_t Children::alive() const noexcept {
  return alive(ChildKind::worker) + alive(ChildKind::agent);
}

bool Children::all_ready(Standing standing) const noexcept {
  return std::all_of(children_.begin(), children_.end(), [standing](const Child& child) {
    return child.standing != standing || child.is_ready;
  });
}

void order(Child& child, MessageType type, int otherwise, std::string_view body) noexcept {
  if (!child.channel.send(type, body)) ::kill(child.pid, otherwise);
}

void Children::send(ChildKind kind, MessageType type, std::string_view body) noexcept {
  for (Child& child : children_) {
    if (child.pid != 0 && child.kind == kind) child.channel.send(type, body);
  }
}

void Children::kill(ChildKind kind, int signal) noexcept {
  for (const Child& child : children_) {
    if (child.pid != 0 && child.kind == kind) ::kill(child.pid, signal);
  }
}

std::optional<Children::Clock::time_point> Children::next_due() const noexcept {
  std::optional<Clock::time_point> next;
  for (const Child& child : children_) {
    const bool comes_back = child.pid == 0 && child.standing != Standing::replaced;
    if (comes_back && (!next || child.due < *next)) next = child.due;
  }
  return next;
}

void Children::end_overdue(Clock::time_point now) noexcept {
  for (Child& child : children_) {
    if (child.pid == 0 || !child.end_by || now < *child.end_by) continue;
    child.end_by.reset();
    child.is_ended = true;
    ::kill(child.pid, SIGKILL);
  }
}

std::optional<Children::Clock::time_point> Children::next_end() const noexcept {
  std::optional<Clock::time_point> next;
  for (const Child& child : children_) {
    if (child.pid != 0 && child.end_by && (!next || *child.end_by < *next)) next = child.end_by;
  }
  return next;
}

std::string describe(const Child& child) {
  return child.kind == ChildKind::agent ? "the agent" : fmt::format("worker {}", child.slot);
}

}  // namespace pm::process
