// SPDX-License-Identifier: MIT
#include "process/master.h"

#include "os/inspect.h"
#include "process/agent.h"
#include "process/worker.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <utility>

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace pm::process {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds patience_with_stop{1000};  // then KILL
// A master before us gives back what its workers held; if it was killed, nobody else does.
constexpr milliseconds pause_of_sweeps{5000};
constexpr milliseconds pause_for_slot{50};
constexpr milliseconds patience_with_drain{2000};  // on top of the entry points' own grace time

std::uint64_t monotonic_ms() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<milliseconds>(now).count());
}

int poll_timeout(std::optional<std::chrono::steady_clock::time_point> deadline) {
  if (!deadline) return -1;
  const auto left = std::chrono::ceil<milliseconds>(*deadline - std::chrono::steady_clock::now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 3600 * 1000));
}

}  // namespace

Master::Master(MasterInput input)
    : input_(std::move(input)),
      present_(new Generation{std::move(input_.configuration), 1, 1, 1}),
      sink_(STDERR_FILENO),
      log_(sink_),
      notifier_(input_.command.environment, ::getpid(), input_.heritage.has_value()),
      children_(
          [this](const Child& child, Channel channel) { become(child, std::move(channel)); }) {
  present_->workers = plan().workers;
}

// Another program of ours goes on with the socket that both have.
Master::~Master() {
  if (upgrade_ || predecessor_) agent_socket_.leave();
}

int Master::run() {
  if (const int code = start(); code != exit_success) return code;
  while (!is_finished())
    turn();
  log_.notice("stopped");
  return exit_code_;
}

// All children gone is the end of a stop, and of a program whose place another one has taken.
bool Master::is_finished() const {
  return (phase_ == Phase::stopping || is_retiring_) && children_.alive() == 0;
}

void Master::turn() {
  std::vector<pollfd> entries{{input_.signals.number(), POLLIN, 0}};
  std::vector<Child*> polled;
  for (Child& child : children_.all()) {
    if (child.channel.number() < 0) continue;
    entries.push_back({child.channel.number(), POLLIN, 0});
    polled.push_back(&child);
  }
  // Those that are -1 are ignored by the kernel.
  const std::size_t others = entries.size();
  entries.push_back({watch_.number(), POLLIN, 0});
  entries.push_back({upgrade_ ? upgrade_->channel.number() : -1, POLLIN, 0});
  entries.push_back({predecessor_ ? predecessor_->number() : -1, POLLIN, 0});
  ::poll(entries.data(), entries.size(), poll_timeout(next_deadline()));

  // What a child said before it died counts: messages come before deaths.
  for (std::size_t i = 0; i < polled.size(); ++i) {
    if (entries[i + 1].revents != 0) read_messages(*polled[i]);
  }
  if (entries[others].revents != 0) watch_.read(Clock::now());
  if (entries[others + 1].revents != 0) read_successor();
  if (entries[others + 2].revents != 0) read_predecessor();
  while (const std::optional<os::Signal> signal = input_.signals.next())
    on_signal(*signal);
  on_deadline(Clock::now());
  children_.remove_replaced();
}

std::optional<Master::Clock::time_point> Master::next_deadline() const {
  std::optional<Clock::time_point> next = phase_deadline_;
  const auto consider = [&next](std::optional<Clock::time_point> at) {
    if (at && (!next || *at < *next)) next = at;
  };
  consider(children_.next_end());
  if (phase_ == Phase::draining || phase_ == Phase::stopping) return next;
  consider(children_.next_due());
  consider(next_secret_);
  if (watches_workers()) consider(next_sign_);
  if (meter_ && !is_retiring_) consider(meter_->due());
  if (input_.heritage) consider(next_sweep_);
  if (loading_) consider(loading_->deadline());
  if (coming_) consider(coming_deadline_);
  if (swapping_) consider(swapping_->deadline);
  consider(upgrade_deadline());
  if (predecessor_ && !has_taken_over_ && phase_ == Phase::running) consider(next_ping_);
  if (phase_ == Phase::running && !is_reloading())
    consider(watch_.due(last_load_, milliseconds(plan().throttle_ms)));
  return next;
}

void Master::on_deadline(Clock::time_point now) {
  children_.end_overdue(now);
  if (phase_ != Phase::draining && phase_ != Phase::stopping) on_deadline_of_work(now);
  if (!phase_deadline_ || now < *phase_deadline_) return;
  phase_deadline_.reset();
  switch (phase_) {
    case Phase::starting:
    case Phase::running: return;
    case Phase::letting_finish: drain(); return;
    case Phase::draining: stop_now(); return;
    case Phase::stopping:
      children_.kill(ChildKind::worker, SIGKILL);
      children_.kill(ChildKind::agent, SIGKILL);
      return;
  }
}

void Master::on_deadline_of_work(Clock::time_point now) {
  if (input_.heritage && now >= next_sweep_) {
    zones_->release_dead_slots(os::start_time, self_);
    next_sweep_ = now + pause_of_sweeps;
  }
  start_due(now);
  if (meter_ && !is_retiring_ && now >= meter_->due()) meter_->report(now);
  if (now >= next_secret_) {
    zones_->ticket_keys()->rotate();
    next_secret_ = now + std::chrono::seconds(shm::TicketKeys::rotation_seconds);
  }
  if (loading_ && now >= loading_->deadline()) loading_->kill();
  if (coming_ && now >= coming_deadline_) give_up_coming("the new workers were not ready in time");
  look_at_swap(now);
  on_upgrade_deadline(now);
  ping(now);
  give_sign(now);
  if (phase_ != Phase::running || is_reloading()) return;
  const auto due = watch_.due(last_load_, milliseconds(plan().throttle_ms));
  if (due && now >= *due) ask_for(Occasion::change);
}

// ---- children ----

// The child counts under its slot from its first request on, so the slot is there before it; if the child is gone before
// the slot could be passed on, it is still ours.
bool Master::start(Child& child) {
  const bool counts = child.kind == ChildKind::worker;
  const Status started = children_.start(child);
  if (!started) {
    log_.error(
        fmt::format("{} cannot be started: {}", describe(child), to_string(started.error())));
    release_slot(child, self_.pid);
    return false;
  }
  if (const auto born = os::start_time(child.pid); counts && born)
    zones_->slots().pass(*child.zone_slot, self_, {child.pid, *born});
  return true;
}

// False: later. Every slot is held, the last ones by generations that drain: the oldest of them has to end (decision 58).
bool Master::claim_slot(Child& child) {
  child.zone_slot = zones_->slots().claim(self_);
  if (child.zone_slot) return true;
  bool is_ending = false;
  children_.for_each(Standing::replaced, [&is_ending](const Child& one) {
    is_ending = is_ending || (one.pid != 0 && one.is_ended && one.kind == ChildKind::worker);
  });
  if (is_ending || end_oldest_program() ||
      end_oldest_draining("no slot of the shared memory is free for new workers"))
    return false;
  if (slot_complaint_.may_say(monotonic_ms()))
    log_.error(fmt::format("{} waits: no slot of the shared memory is free", describe(child)));
  return false;
}

void Master::release_slot(Child& child, pid_t last) {
  if (!child.zone_slot) return;
  zones_->release_slot(*child.zone_slot, last, self_);
  child.zone_slot.reset();
}

void Master::start_due(Clock::time_point now) {
  for (Child& child : children_.all()) {
    if (child.pid != 0 || child.due > now || child.standing == Standing::replaced) continue;
    if (child.kind == ChildKind::worker && !claim_slot(child)) {
      child.due = now + pause_for_slot;
      continue;
    }
    if (!start(child)) {
      children_.plan_return(child, now);
      child.due = std::max(child.due, now + patience_with_stop);
      continue;
    }
    child.told = child.applied = generation_of(child).serial;
    log_.debug(fmt::format("{} is pid {}", describe(child), child.pid));
    if (phase_ == Phase::letting_finish) child.channel.send(MessageType::terminating);
  }
}

// In the child: everything of the master's that it may use goes into its input; what stays behind in this object is
// never touched again, since the process ends in here.
void Master::become(const Child& child, Channel channel) {
  const unsigned slot = child.slot;
  const ChildKind kind = child.kind;
  const bool is_coming = child.standing == Standing::coming;
  const LogFiles& logs = is_coming ? coming_logs_ : logs_;
  const bool has_own_socket = is_coming && !coming_socket_.path().empty();
  const AgentSocket& socket = has_own_socket ? coming_socket_ : agent_socket_;
  const std::unique_ptr<Generation> own = std::move(is_coming ? coming_ : present_);
  const LogSettings log = log_settings(own->plan(), logs);
  std::vector<runtime::ListeningSocket> listeners;
  if (kind == ChildKind::worker)
    listeners = listeners_.of_slot(own->plan().addresses(), slot, own->workers);
  // The mappings of others go, and keys and the secrets of tickets do where nothing is served.
  present_.reset();
  coming_.reset();
  Configuration& configuration = own->configuration;
  if (kind == ChildKind::agent) {
    const runtime::Bundle with_keys = std::move(configuration.bundle);
    configuration.bundle = std::move(configuration.agent_bundle);
    zones_->drop_secrets();
  }
  ChildInput input(std::move(configuration.bundle), std::move(channel));
  input.modules = &input_.modules;
  input.title = &input_.title;
  input.zones = &*zones_;
  input.zone_slot = child.zone_slot.value_or(0);
  input.log = log;
  input.error_log = logs.error();
  input.agent_socket = socket.path();
  input.is_daemon = input_.report.is_daemon();
  input.slot = slot;
  if (kind == ChildKind::agent) {
    input.agent_listener = socket.number();
    std::exit(run_agent(std::move(input)));
  }
  input.access_log = logs.access();
  input.listeners = std::move(listeners);
  std::exit(run_worker(std::move(input)));
}

void Master::reap() {
  while (const auto death = children_.reap())
    on_death(*death);
  if (phase_ == Phase::draining && children_.alive(ChildKind::worker) == 0) end_agent();
}

void Master::on_death(const Children::Death& death) {
  if (loading_ && death.pid == loading_->pid()) return on_loaded(death.status);
  if (upgrade_ && death.pid == upgrade_->pid) return on_successor_death(death.status);
  if (death.child == nullptr) return;
  Child& child = *death.child;
  release_slot(child, death.pid);
  const std::string what =
      fmt::format("{} (pid {}) {}", describe(child), death.pid, os::describe_exit(death.status));
  if (phase_ == Phase::draining || phase_ == Phase::stopping) return log_.info(what);
  if (child.standing == Standing::replaced) {
    const bool was_sent =
        child.is_ended || (WIFEXITED(death.status) && WEXITSTATUS(death.status) == 0);
    return was_sent ? log_.info(what) : log_.error(what + "; it was being replaced");
  }
  if (child.standing == Standing::coming) return on_death_while_coming(child, what, death.status);
  // A child that gives up by itself before it was ever ready would do so again.
  if (phase_ == Phase::starting && WIFEXITED(death.status)) {
    exit_code_ = WEXITSTATUS(death.status) == exit_no_privilege ? exit_no_privilege : exit_failed;
    refuse(exit_code_, fmt::format("pointsman: error: {}; nothing is started", what));
    stop_now();
    return;
  }
  come_back(child, what);
}

void Master::come_back(Child& child, const std::string& what) {
  const auto now = Clock::now();
  if (std::exchange(child.is_ended, false)) {
    child.due = now;
    return log_.info(what);
  }
  children_.plan_return(child, now);
  const auto delay = std::chrono::ceil<std::chrono::seconds>(child.due - now).count();
  log_.error(delay > 0
                 ? fmt::format("{}; it dies over and over, starting it again in {} s", what, delay)
                 : what + "; starting it again");
}

void Master::read_messages(Child& child) {
  while (child.channel.number() >= 0) {
    const Message message = child.channel.receive();
    switch (message.event) {
      case Event::nothing: return;
      case Event::closed: child.channel = Channel(); return;
      case Event::malformed: break;
      case Event::message:
        if (!on_message(child, message)) break;
        continue;
    }
    log_.error(fmt::format("{} (pid {}) sent a message that is none; ending it", describe(child),
                           child.pid));
    child.channel = Channel();
    ::kill(child.pid, SIGKILL);
  }
}

// False: a child says no such thing.
bool Master::on_message(Child& child, const Message& message) {
  switch (message.type) {
    case MessageType::ready:
      if (!message.body.empty()) return false;
      on_ready(child);
      return true;
    case MessageType::applied: {
      const auto applied = message.as<Applied>();
      if (!applied || applied->serial > child.told) return false;
      if (applied->is_in_force == 0 && applied->serial == child.told) {
        log_.error(
            fmt::format("{} keeps its configuration: it cannot read the new one", describe(child)));
      }
      child.applied = applied->serial;
      return true;
    }
    case MessageType::pong: {
      const auto answered = message.as<std::uint64_t>();
      if (!answered || *answered > child.pinged) return false;
      child.answered = *answered;
      return true;
    }
    default: return false;
  }
}

void Master::on_ready(Child& child) {
  child.is_ready = true;
  if (phase_ == Phase::starting && children_.all_ready(Standing::active)) enter_running();
  if (coming_ && children_.all_ready(Standing::coming)) commit();
  if (is_rolling_back_ && children_.all_ready(Standing::active)) finish_rollback();
}

// ---- signals ----

void Master::on_signal(os::Signal signal) {
  switch (signal.number) {
    case SIGCHLD: reap(); return;
    case SIGTERM:
    case SIGINT:
      if (term_is_graceful()) return stop_gracefully();
      return stop_now();
    case SIGQUIT: return stop_gracefully();
    case SIGHUP: return are_workers_stopped_ ? start_again() : ask_for(Occasion::reload);
    case SIGUSR1: return reopen_logs();
    case SIGUSR2:
      if (signal.value == static_cast<int>(UpgradeWish::rollback)) return roll_back();
      return upgrade(signal.value == static_cast<int>(UpgradeWish::unattended)
                         ? UpgradeWish::unattended
                         : UpgradeWish::by_hand);
    case SIGWINCH:
      // A terminal sends it whenever its window changes.
      if (::isatty(STDIN_FILENO) == 1 || ::isatty(STDERR_FILENO) == 1) return;
      return stop_workers();
    default: return;
  }
}

bool Master::term_is_graceful() const {
  if (plan().term_is_graceful != runtime::Choice::unset) {
    return plan().term_is_graceful == runtime::Choice::yes;
  }
  return ::getpid() == 1 && !input_.report.is_daemon();
}

void Master::reopen_logs() {
  if (phase_ == Phase::stopping) return;
  const Status reopened = logs_.reopen();
  const std::string reason = reopened ? "" : to_string(reopened.error());
  if (reopened) {
    use_logs();
    send_logs();
    log_.notice("log files reopened");
  } else {
    log_.error("log files cannot be reopened: " + reason);
  }
  tell_outcome("reopen", reopened.has_value(), reason);
}

void Master::use_logs() {
  sink_.set_fd(logs_.error());
  if (input_.report.is_daemon() && phase_ != Phase::starting) ::dup2(logs_.error(), STDERR_FILENO);
}

void Master::send_logs() {
  const std::array<int, 2> fds{logs_.error(), logs_.access()};
  const char kinds[] = {static_cast<char>(LogKind::error), static_cast<char>(LogKind::access)};
  for (Child& child : children_.all()) {
    if (child.pid == 0) continue;
    const bool both = child.kind == ChildKind::worker && logs_.access() >= 0;
    const std::size_t count = both ? 2 : 1;
    if (child.channel.send(MessageType::logs, {kinds, count}, std::span(fds).first(count)))
      continue;
    log_.error(describe(child) +
               " does not read its messages; it keeps writing to the old log files");
  }
}

// ---- stopping ----

// A second wish hastens: first the time for new requests is cut short, then that of the running ones.
void Master::stop_gracefully() {
  switch (phase_) {
    case Phase::starting: input_.report.failed(exit_failed); break;
    case Phase::running: break;
    case Phase::letting_finish: drain(); return;
    case Phase::draining: stop_now(); return;
    case Phase::stopping: return;
  }
  tell_of_stop();
  log_.notice("stopping gracefully");
  children_.send(ChildKind::worker, MessageType::terminating);
  if (plan().accept_grace_ms == 0) return drain();
  phase_ = Phase::letting_finish;
  phase_deadline_ = Clock::now() + milliseconds(plan().accept_grace_ms);
}

// Those before us, which still drain, end with us.
void Master::tell_of_stop() {
  tell_manager_of_stop();
  if (predecessor_ && has_taken_over_) predecessor_->send(MessageType::stop);
}

void Master::drain() {
  phase_ = Phase::draining;
  abandon_reload();
  phase_deadline_ = Clock::now() + milliseconds(plan().grace_ms) + patience_with_drain;
  for (Child& child : children_.all()) {
    if (child.pid != 0 && child.kind == ChildKind::worker)
      order(child, MessageType::drain, SIGQUIT, body_of(DrainOrder{}));
  }
  listeners_.close_all();
  if (children_.alive(ChildKind::worker) == 0) end_agent();
}

void Master::stop_now() {
  if (phase_ == Phase::stopping) return;
  if (phase_ == Phase::starting && exit_code_ == exit_success) input_.report.failed(exit_failed);
  abandon_reload();
  tell_of_stop();
  children_.send(ChildKind::worker, MessageType::stop);
  children_.kill(ChildKind::worker, SIGTERM);
  listeners_.close_all();
  end_agent();
}

void Master::end_agent() {
  phase_ = Phase::stopping;
  phase_deadline_ = Clock::now() + patience_with_stop;
  children_.send(ChildKind::agent, MessageType::stop);
  children_.kill(ChildKind::agent, SIGTERM);
}

}  // namespace pm::process
