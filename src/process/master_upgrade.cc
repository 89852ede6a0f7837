// SPDX-License-Identifier: MIT
// From one program to the next, and back: both masters' parts.
#include "process/master.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>

#include <sys/wait.h>
#include <unistd.h>

namespace pm::process {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds patience_with_start{
    90000};  // of the new program: a load has 30 s, workers 60 s
constexpr milliseconds time_to_prove{5000};
constexpr milliseconds longest_silence{2000};  // of the new master, while it proves itself
constexpr milliseconds pause_between_pings{500};
constexpr std::size_t most_masters = 8;  // that drain beside us (decision 17)

}  // namespace

// ---- the outgoing master ----------------------------------------------------------------------------------------------

void Master::upgrade(UpgradeWish wish) {
  if (phase_ == Phase::starting) return refuse_upgrade("the start is not over; try again");
  const bool is_on_trial = predecessor_ && !has_taken_over_;
  if (phase_ != Phase::running || upgrade_ || is_on_trial || is_reloading())
    return refuse_upgrade("another reload or upgrade is under way; try again when it has ended");
  if (are_workers_stopped_)
    return refuse_upgrade("the workers are stopped; start them with HUP first");
  Result<std::pair<Channel, Channel>> ends = Channel::make_pair();
  if (!ends) return refuse_upgrade(to_string(ends.error()));
  const Status renamed = rename_pid_file(Rename::to_old);
  if (!renamed) return refuse_upgrade("pid: " + to_string(renamed.error()));

  Bequest bequest;
  bequest.sockets = listeners_.all();
  bequest.zones = zones_->fds();
  bequest.agent_socket = agent_socket_.number();
  bequest.agent_path = agent_socket_.path();
  bequest.channel = ends->second.number();
  bequest.masters = masters_before_;
  std::erase_if(bequest.masters, [](const KnownProcess& one) { return !one.is_alive(); });
  bequest.masters.push_back(KnownProcess::of(::getpid()));
  bequest.is_daemon = input_.report.is_daemon();
  bequest.is_unattended = wish == UpgradeWish::unattended;
  const Result<pid_t> pid = start_program(input_.program, bequest);
  if (!pid) {
    (void)rename_pid_file(Rename::back);
    return refuse_upgrade(to_string(pid.error()));
  }
  upgrade_.emplace();
  upgrade_->pid = *pid;
  upgrade_->channel = std::move(ends->first);
  upgrade_->is_unattended = bequest.is_unattended;
  upgrade_->deadline = Clock::now() + patience_with_start;
  log_.notice(fmt::format("upgrade: {} is pid {}", input_.program.path, *pid));
}

void Master::refuse_upgrade(const std::string& reason) {
  log_.error("upgrade failed, nothing is changed: " + reason);
  tell_outcome("upgrade", false, reason);
}

Status Master::rename_pid_file(Rename which) {
  if (!pid_file_.is_written()) return success();
  const std::string path = pid_path();
  return pid_file_.rename(which == Rename::to_old ? path + old_pid_suffix : path);
}

void Master::read_successor() {
  while (upgrade_ && upgrade_->channel.number() >= 0) {
    const Message message = upgrade_->channel.receive();
    if (message.event == Event::nothing) return;
    if (message.event != Event::message) {
      upgrade_->channel = Channel();  // its death tells the rest
      return;
    }
    const auto now = Clock::now();
    switch (message.type) {
      case MessageType::ready: on_successor_ready(now); break;
      case MessageType::healthy: upgrade_->last_healthy = now; break;
      case MessageType::failed: upgrade_->reason = message.body; break;
      case MessageType::settled: upgrade_->is_settled = true; break;
      case MessageType::stop:
        upgrade_->is_settled = true;
        stop_gracefully();
        break;
      default: break;
    }
  }
}

void Master::on_successor_ready(Clock::time_point now) {
  if (upgrade_->step != Upgrade::Step::starting) return;
  upgrade_->last_healthy = now;
  is_on_duty_ = false;
  if (!upgrade_->is_unattended) {
    upgrade_->step = Upgrade::Step::both;
    log_.notice(fmt::format("upgrade: pid {} serves, too; WINCH and QUIT to pid {} finish it",
                            upgrade_->pid, ::getpid()));
    return;
  }
  upgrade_->step = Upgrade::Step::proving;
  upgrade_->deadline = now + time_to_prove;
}

void Master::on_upgrade_deadline(Clock::time_point now) {
  if (!upgrade_) return;
  switch (upgrade_->step) {
    case Upgrade::Step::both:
    case Upgrade::Step::retiring: return;
    case Upgrade::Step::starting:
      if (now >= upgrade_->deadline) end_successor("it was not ready in time");
      return;
    case Upgrade::Step::proving:
      if (now >= upgrade_->last_healthy + longest_silence)
        return end_successor("its workers did not answer");
      if (now >= upgrade_->deadline) retire();
      return;
  }
}

std::optional<Master::Clock::time_point> Master::upgrade_deadline() const {
  if (!upgrade_) return std::nullopt;
  switch (upgrade_->step) {
    case Upgrade::Step::both:
    case Upgrade::Step::retiring: return std::nullopt;
    case Upgrade::Step::starting: return upgrade_->deadline;
    case Upgrade::Step::proving:
      return std::min(upgrade_->deadline, upgrade_->last_healthy + longest_silence);
  }
  return std::nullopt;
}

// Its death, which follows, rolls back.
void Master::end_successor(const std::string& reason) {
  upgrade_->reason = reason;
  upgrade_->step = Upgrade::Step::both;
  ::kill(upgrade_->pid, SIGKILL);
}

// The new program has proven itself: our workers end with what they carry, and we with them. Until then there is a way
// back.
void Master::retire() {
  upgrade_->step = Upgrade::Step::retiring;
  is_retiring_ = true;
  upgrade_->channel.send(MessageType::alone);
  // Whoever still drains before us has nothing to come back for when we end.
  if (predecessor_) predecessor_->send(MessageType::settled);
  log_.notice(fmt::format("upgrade: pid {} has taken over", upgrade_->pid));
  stop_workers();
}

void Master::stop_workers() {
  if (phase_ != Phase::running || are_workers_stopped_) return;
  abandon_reload();
  are_workers_stopped_ = true;
  watch_.set({}, {});
  children_.for_each(Standing::active, [this](Child& child) { replace_child(child); });
  log_.notice("workers are told to finish");
}

// HUP after WINCH.
void Master::start_again() {
  if (!are_workers_stopped_) return;
  are_workers_stopped_ = false;
  is_retiring_ = false;
  ++present_->number;
  add_children(*present_, Standing::active);
  watch_files();
  start_due(Clock::now());
  log_.notice("workers are started again");
}

void Master::on_successor_death(int wait_status) {
  const Upgrade upgrade = std::move(*upgrade_);
  upgrade_.reset();
  std::string reason = upgrade.reason;
  if (reason.empty())
    reason =
        fmt::format("the new program (pid {}) {}", upgrade.pid, os::describe_exit(wait_status));
  if (phase_ != Phase::running || upgrade.is_settled) return;
  if (const Status renamed = rename_pid_file(Rename::back); !renamed)
    log_.error("pid: " + to_string(renamed.error()));
  const bool was_asked_for = upgrade.step == Upgrade::Step::both && upgrade.reason.empty() &&
                             WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0;
  if (was_asked_for) {
    log_.notice(fmt::format("upgrade: {}; pid {} is the only one again", reason, ::getpid()));
  } else {
    log_.error("upgrade failed, rolled back: " + reason);
    tell_outcome("upgrade", false, reason);
  }
  take_duty();
  if (are_workers_stopped_ && !was_asked_for) return start_again();
  renew_agent();
}

// -s rollback: our workers first, then the new program is told to finish.
void Master::roll_back() {
  if (!upgrade_) {
    tell_outcome("rollback", false, "there is no newer program to go back from");
    return;
  }
  is_rolling_back_ = true;
  start_again();
  if (children_.all_ready(Standing::active)) finish_rollback();
}

void Master::finish_rollback() {
  is_rolling_back_ = false;
  if (!upgrade_) return;
  take_duty();  // first: the end of the main process would be that of the service
  ::kill(upgrade_->pid, SIGQUIT);
  if (const Status renamed = rename_pid_file(Rename::back); !renamed)
    log_.error("pid: " + to_string(renamed.error()));
  upgrade_->step = Upgrade::Step::both;
  log_.notice("rolled back");
  tell_outcome("rollback", true, "");
}

// ---- the incoming master ----------------------------------------------------------------------------------------------

void Master::greet_predecessor() {
  if (!predecessor_) return;
  predecessor_->send(MessageType::ready);
  take_duty();
  if (!input_.heritage->is_unattended) tell_outcome("upgrade", true, "");
  next_ping_ = Clock::now();
}

void Master::read_predecessor() {
  while (predecessor_ && predecessor_->number() >= 0) {
    const Message message = predecessor_->receive();
    if (message.event == Event::nothing) return;
    if (message.event == Event::message && message.type != MessageType::alone) continue;
    const bool is_over = message.event != Event::message;
    if (!is_over || input_.heritage->is_unattended) {
      // Told so, or left alone without a word: the one before was killed.
      if (!has_taken_over_) tell_outcome("upgrade", true, "");
      has_taken_over_ = true;
    }
    if (is_over) {
      log_.notice("upgrade: the program before has ended");
      predecessor_.reset();
    }
  }
}

// While the one before decides whether we are worth it: each worker is asked, and it is told when all have answered.
void Master::ping(Clock::time_point now) {
  if (!predecessor_ || has_taken_over_ || phase_ != Phase::running || now < next_ping_) return;
  next_ping_ = now + pause_between_pings;
  bool all_answered = true;
  children_.for_each(Standing::active, [&](Child& child) {
    if (child.kind != ChildKind::worker) return;
    all_answered = all_answered && child.is_ready && child.answered == child.pinged;
    ++child.pinged;
    if (child.pid != 0) child.channel.send(MessageType::ping, body_of(child.pinged));
  });
  if (all_answered) predecessor_->send(MessageType::healthy);
}

// Masters that drain beside us are few: the eldest is told to end.
void Master::bound_masters() {
  std::erase_if(masters_before_, [](const KnownProcess& one) { return !one.is_alive(); });
  if (masters_before_.size() <= most_masters) return;
  const KnownProcess eldest = masters_before_.front();
  log_.warn(fmt::format("more than {} programs before this one are draining; ending pid {}",
                        most_masters, eldest.pid));
  ::kill(eldest.pid, SIGTERM);
}

// Whose workers hold slots that ours need; they are older than any generation of ours. The one on whose trial we are may come
// back, and is none of them. False: there is none.
bool Master::end_oldest_program() {
  if (ending_master_ && ending_master_->is_alive()) return true;
  std::erase_if(masters_before_, [](const KnownProcess& one) { return !one.is_alive(); });
  const bool is_on_trial = predecessor_ && !has_taken_over_;
  if (masters_before_.size() <= (is_on_trial ? 1 : 0)) return false;
  ending_master_ = masters_before_.front();
  log_.warn(
      fmt::format("no slot of the shared memory is free for new workers; ending pid {}, the "
                  "oldest program that drains",
                  ending_master_->pid));
  ::kill(ending_master_->pid, SIGTERM);
  return true;
}

// The number goes on from what stands there: during an upgrade two masters write.
void Master::tell_outcome(const std::string& action, bool ok, const std::string& reason) {
  const std::string path = pid_path();
  const auto last = read_status(path);
  pid_file_.write_status(path, {(last ? last->serial : 0) + 1, action, ok, reason});
}

}  // namespace pm::process
