// SPDX-License-Identifier: MIT
// What the service manager is told, and the signs of life that it waits for.
#include "process/master.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>

#include <unistd.h>

namespace pm::process {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

// Of the time after which the manager gives us up: a worker that does not answer is noticed, ended and replaced before then.
constexpr int signs_a_period = 4;
constexpr std::size_t longest_state = 200;
constexpr milliseconds slack_of_stop{5000};

}  // namespace

std::string Master::state_text(std::string_view what) const {
  const unsigned workers = present_->workers;
  std::string text = fmt::format("STATUS={} {}, generation {}: {}", workers,
                                 workers == 1 ? "worker" : "workers", present_->number, what);
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text.substr(0, longest_state);
}

// We are the service from now on: the next program when it serves, the one before when it has come back to its place.
void Master::take_duty() {
  is_on_duty_ = true;
  next_sign_ = Clock::now();
  notifier_.tell(fmt::format("MAINPID={}\nREADY=1", ::getpid()));
}

bool Master::watches_workers() const noexcept {
  return notifier_.watchdog().count() != 0 && phase_ == Phase::running && is_on_duty_;
}

// A sign is given only when every worker has answered what it was asked a while ago. One that has not hangs: it is ended, and
// its successor's answer is the next sign.
void Master::give_sign(Clock::time_point now) {
  if (!watches_workers() || now < next_sign_) return;
  next_sign_ = now + notifier_.watchdog() / signs_a_period;
  bool is_well = true;
  children_.for_each(Standing::active, [&](Child& child) {
    if (child.kind != ChildKind::worker || child.pid == 0 || !child.is_ready) return;
    if (child.answered < child.asked) {
      is_well = false;
      log_.error(fmt::format("{} (pid {}) does not answer; ending it", describe(child), child.pid));
      ::kill(child.pid, SIGKILL);
      return;
    }
    child.asked = ++child.pinged;
    child.channel.send(MessageType::ping, body_of(child.pinged));
  });
  if (is_well) notifier_.tell("WATCHDOG=1");
}

// With the longest that a stop may take by the configuration, whatever the unit's own limit is. Not of a program whose place
// another one has taken, nor of one on trial: its end is no end of the service.
void Master::tell_manager_of_stop() {
  if (predecessor_ && !has_taken_over_) is_on_duty_ = false;
  if (!is_on_duty_) return;
  const milliseconds longest(plan().accept_grace_ms + plan().grace_ms);
  notifier_.tell(fmt::format("STOPPING=1\nEXTEND_TIMEOUT_USEC={}\nSTATUS=stopping",
                             microseconds(longest + slack_of_stop).count()));
}

}  // namespace pm::process
