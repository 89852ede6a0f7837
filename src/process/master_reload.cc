// SPDX-License-Identifier: MIT
// The way from a wish for another configuration to one that is in force, or to a sentence why it is not.
#include "process/master.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <set>

namespace pm::process {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds patience_with_children{30000};  // to build what they were given
constexpr milliseconds patience_with_coming{60000};    // to be ready, deaths included
constexpr std::uint64_t silence_ms =
    10000;                                // of kept connections of replaced workers (decision 18)
constexpr std::size_t most_draining = 8;  // generations (decision 17)
constexpr milliseconds grace_of_replaced{2000};  // on top of what a worker was given
constexpr milliseconds look_again_after{2100};   // decision 8

std::int64_t milliseconds_since(std::chrono::steady_clock::time_point began) {
  return std::chrono::ceil<milliseconds>(std::chrono::steady_clock::now() - began).count();
}

}  // namespace

std::optional<std::string> first_error(const runtime::Bundle& bundle) {
  std::optional<std::string> first;
  bundle.for_each_finding([&first](Level level, std::string_view line) {
    if (!first && level == Level::error) first = line;
  });
  return first;
}

// One at a time; of several wishes that come meanwhile one is left, the deepest.
void Master::ask_for(Occasion occasion) {
  if (phase_ != Phase::starting && phase_ != Phase::running) return;
  if (!wanted_ || *wanted_ == Occasion::change) wanted_ = occasion;
  if (phase_ == Phase::running && !is_reloading()) start_loading();
}

void Master::start_loading() {
  occasion_ = *wanted_;
  wanted_.reset();
  watch_.loaded();
  reload_began_ = last_load_ = Clock::now();
  if (occasion_ == Occasion::reload && is_on_duty_) notifier_.tell_reloading();
  Result<Loading> loading =
      Loading::start(input_.command, input_.modules, {occasion_, &present_->configuration.bundle});
  if (!loading) return refuse_reload(to_string(loading.error()));
  loading_ = std::move(loading).value();
}

void Master::on_loaded(int wait_status) {
  LoadOutcome outcome = loading_->finish(wait_status);
  loading_.reset();
  if (!outcome.bundle.is_open()) {
    if (!outcome.refusal.is_open()) return refuse_reload(outcome.message);
    const auto refusal = runtime::Bundle::open(outcome.refusal.number());
    std::string reason = "the configuration is refused";
    if (refusal) {
      report_findings(*refusal);
      reason = first_error(*refusal).value_or(reason);
    }
    return refuse_reload(reason);
  }
  Result<Configuration> configuration = Configuration::open(std::move(outcome));
  if (!configuration)
    return refuse_reload("the loader's result is refused: " + configuration.error().what);
  take(std::move(configuration).value());
}

void Master::take(Configuration configuration) {
  const runtime::Plan& plan = configuration.bundle.plan();
  report_findings(configuration.bundle);
  if (plan.is_being_written != 0) watch_.look_again(Clock::now() + look_again_after);
  if (plan.comparison.static_differs != 0) {
    if (occasion_ == Occasion::reload) return replace(std::move(configuration));
    log_.notice("the static part of the configuration has changed; run reload to apply it");
  }
  if (plan.comparison.dynamic_differs != 0) return swap(std::move(configuration));
  present_->configuration = std::move(configuration);
  watch_files();
  finish_reload("nothing has changed");
}

// ---- the dynamic part: told to those who run --------------------------------------------------------------------------

void Master::swap(Configuration configuration) {
  const std::string what = "dynamic): " + change_text(configuration.bundle.plan());
  present_->configuration = std::move(configuration);
  present_->serial = ++serial_;
  watch_files();
  children_.for_each(Standing::active, [this](Child& child) { tell(child); });
  const auto now = Clock::now();
  swapping_ = Swap{reload_began_, now + patience_with_children, what};
  look_at_swap(now);
}

void Master::tell(Child& child) {
  if (child.pid == 0) return;
  const Configuration& configuration = present_->configuration;
  const int fd[] = {child.kind == ChildKind::agent ? configuration.agent_fd.number()
                                                   : configuration.bundle_fd.number()};
  child.told = present_->serial;
  if (child.channel.send(MessageType::configuration, body_of(present_->serial), fd)) return;
  log_.error(describe(child) + " does not read its messages; it keeps its configuration");
  child.applied = child.told;
}

// In force when everybody says so; who has died meanwhile comes back with it.
void Master::look_at_swap(Clock::time_point now) {
  if (!swapping_) return;
  std::string late;
  children_.for_each(Standing::active, [&late](const Child& child) {
    if (child.pid != 0 && child.applied < child.told) late = describe(child);
  });
  if (!late.empty() && now < swapping_->deadline) return;
  if (!late.empty()) log_.error(late + " has not taken the new configuration yet");
  const Swap swap = std::move(*swapping_);
  swapping_.reset();
  finish_reload(swap.what);
}

// ---- the static part: a generation of children takes the place of another one -----------------------------------------

void Master::replace(Configuration configuration) {
  const runtime::Plan& next = configuration.bundle.plan();
  // Both generations need theirs at the same time, and no end of those who drain would help.
  const unsigned slots = zones_->slots().capacity();
  if (present_->workers + next.workers > slots) {
    return refuse_reload(fmt::format(
        "workers: {} beside {} are more than the {} slots that were made at the start; run upgrade "
        "instead of reload, or restart",
        next.workers, present_->workers, slots));
  }
  LogFiles logs;
  const Status opened = logs.open(log_names(next));
  if (!opened) return refuse_reload("log: " + to_string(opened.error()));
  if (const auto failure = listeners_.bind(next.addresses(), next.workers, nullptr))
    return refuse_reload(failure->message);
  if (const Status made = open_agent_socket(next, coming_socket_); !made) {
    listeners_.settle(plan().addresses(), present_->workers);
    return refuse_reload("socket of the agent: " + to_string(made.error()));
  }
  open_files_ = raise_open_files(next);
  coming_logs_ = std::move(logs);
  const unsigned workers = next.workers;
  coming_ = std::make_unique<Generation>(
      Generation{std::move(configuration), present_->number + 1, ++serial_, workers});
  coming_deadline_ = Clock::now() + patience_with_coming;
  add_children(*coming_, Standing::coming);
  start_due(Clock::now());
}

void Master::on_death_while_coming(Child& child, const std::string& what, int status) {
  if (coming_ == nullptr) return;
  if (WIFEXITED(status)) return give_up_coming(what);
  come_back(child, what);
}

// Everybody is ready: from here on there is no way back but another reload.
void Master::commit() {
  children_.for_each(Standing::active, [this](Child& child) { replace_child(child); });
  children_.for_each(Standing::coming, [](Child& child) { child.standing = Standing::active; });
  const std::string what = "static): " + change_text(coming_->plan());
  present_ = std::move(coming_);
  logs_ = std::move(coming_logs_);
  coming_logs_ = LogFiles();
  if (!coming_socket_.path().empty()) agent_socket_ = std::move(coming_socket_);
  coming_socket_ = AgentSocket();
  use_logs();
  apply(log_settings(plan(), logs_), "master", log_);
  listeners_.settle(plan().addresses(), present_->workers);
  move_pid_file();
  watch_files();
  warn_of_limits();
  open_meter();
  bound_generations();
  finish_reload(what);
}

void Master::replace_child(Child& child) {
  child.standing = Standing::replaced;
  if (child.pid == 0) return;
  const auto now = Clock::now();
  if (child.kind == ChildKind::agent) {
    order(child, MessageType::drain, SIGQUIT, body_of(DrainOrder{}));
    child.end_by = now + grace_of_replaced;
    return;
  }
  const auto limit = milliseconds(plan().shutdown_ms);
  const DrainOrder how{static_cast<std::uint64_t>(std::max<std::int64_t>(limit.count(), 1)),
                       silence_ms};
  order(child, MessageType::drain, SIGQUIT, body_of(how));
  child.end_by = now + limit + grace_of_replaced;
}

void Master::move_pid_file() {
  const std::string path = pid_path();
  if (path == pid_file_.path()) return;
  pid_file_.remove();
  if (path.empty()) return;
  Result<PidFile> written = PidFile::write(path);
  if (!written) return log_.error("pid: " + to_string(written.error()));
  pid_file_ = std::move(written).value();
}

// Connections that never end must not pile workers up: the oldest ones are ended.
void Master::bound_generations() {
  std::set<unsigned> draining;
  children_.for_each(Standing::replaced, [&draining](const Child& child) {
    if (child.pid != 0 && child.kind == ChildKind::worker && !child.is_ended)
      draining.insert(child.generation);
  });
  for (std::size_t count = draining.size(); count > most_draining; --count)
    end_oldest_draining(
        fmt::format("more than {} generations of workers are draining", most_draining));
}

// False: none is.
bool Master::end_oldest_draining(std::string_view why) {
  std::optional<unsigned> oldest;
  children_.for_each(Standing::replaced, [&oldest](const Child& child) {
    if (child.pid == 0 || child.kind != ChildKind::worker || child.is_ended) return;
    oldest = std::min(oldest.value_or(child.generation), child.generation);
  });
  if (!oldest) return false;
  log_.warn(fmt::format("{}; ending the oldest generation that drains", why));
  children_.for_each(Standing::replaced, [&oldest](Child& child) {
    if (child.pid == 0 || child.generation != *oldest) return;
    order(child, MessageType::stop, SIGTERM);
    child.is_ended = true;
    child.end_by = Clock::now() + grace_of_replaced;
  });
  return true;
}

// The children that were to come go, and with them the sockets that only they would have taken.
void Master::give_up_coming(const std::string& reason) {
  abandon_reload();
  refuse_reload(reason);
}

// Another agent has claimed what only one may write, and is gone: the next one of ours claims it back.
void Master::renew_agent() noexcept {
  children_.for_each(Standing::active, [](Child& child) {
    if (child.kind != ChildKind::agent || child.pid == 0) return;
    child.is_ended = true;
    ::kill(child.pid, SIGTERM);
  });
}

void Master::abandon_reload() noexcept {
  wanted_.reset();
  if (loading_) ::kill(loading_->pid(), SIGKILL);
  loading_.reset();
  swapping_.reset();
  if (coming_ == nullptr) return;
  children_.for_each(Standing::coming, [](Child& child) {
    child.standing = Standing::replaced;
    child.is_ended = true;
    if (child.pid != 0) ::kill(child.pid, SIGKILL);
  });
  coming_.reset();
  coming_logs_ = LogFiles();
  coming_socket_ = AgentSocket();
  renew_agent();
  listeners_.settle(plan().addresses(), present_->workers);
}

// ---- the outcome ------------------------------------------------------------------------------------------------------

void Master::refuse_reload(const std::string& reason) {
  log_.error(fmt::format("reload {} failed, nothing is changed: {}", ++reloads_, reason));
  if (meter_) meter_->on_refusal();
  end_reload(false, reason);
}

void Master::finish_reload(const std::string& what) {
  ++reloads_;
  const bool is_applied = what.find("): ") != std::string::npos;
  if (meter_) {
    is_applied ? meter_->on_load(Clock::now() - reload_began_, std::time(nullptr))
               : meter_->on_unchanged();
  }
  log_.notice(is_applied ? fmt::format("reload {} applied in {} ms ({}", reloads_,
                                       milliseconds_since(reload_began_), what)
                         : fmt::format("reload {}: {}", reloads_, what));
  end_reload(true, "");
}

// Whoever waits at a command line waits for what was asked for, not for a file that happened to change.
void Master::end_reload(bool ok, const std::string& reason) {
  if (occasion_ == Occasion::reload) {
    tell_outcome("reload", ok, reason);
    if (is_on_duty_)
      notifier_.tell("READY=1\n" + state_text(ok ? "reloaded" : "reload refused: " + reason));
  }
  if (wanted_) start_loading();
}

}  // namespace pm::process
