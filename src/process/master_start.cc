// SPDX-License-Identifier: MIT
// The way from a Bundle to running children; what fails here is undone and leaves with its exit code.
#include "os/inspect.h"
#include "os/limits.h"
#include "os/memory.h"
#include "process/build_paths.h"
#include "process/load_guard.h"
#include "process/master.h"

#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include <poll.h>
#include <unistd.h>

namespace pm::process {
namespace {

constexpr std::size_t longest_reason = 1000;
constexpr std::size_t max_quoted_findings = 200;  // of a load, in a log file

// A connection of a client and one to a server, and what a process has anyhow.
std::uint64_t useful_open_files(std::uint64_t connections) {
  return 2 * connections + 256;
}

bool is_terminal(int fd) {
  return ::isatty(fd) == 1;
}

}  // namespace

int Master::start() {
  if (const int code = open_logs(); code != exit_success) return code;
  report_findings(present_->configuration.bundle);
  if (const int code = take_heritage(); code != exit_success) return code;
  if (plan().sandbox != os::SandboxMode::off && !os::can_sandbox()) {
    log_.notice(
        "operations.seccomp: this kernel or processor has no filter for system calls; going on "
        "without");
  }
  const std::string path = pid_path();
  if (!path.empty() && !input_.heritage) {
    if (const auto pid = running_pid(path)) {
      return refuse(exit_failed, fmt::format("pointsman: error: already running as pid {} ({}); "
                                             "stop it or choose another pid file",
                                             *pid, path));
    }
  }
  if (const int code = bind(); code != exit_success) return code;
  open_files_ = raise_open_files(plan());
  if (const int code = write_pid_file(); code != exit_success) return code;
  if (const int code = map_zones(); code != exit_success) return code;
  if (const Status opened = open_agent_socket(plan(), agent_socket_); !opened)
    return refuse(exit_failed,
                  "pointsman: error: socket of the agent: " + to_string(opened.error()));

  add_children(*present_, Standing::active);
  start_due(Clock::now());
  return exit_success;
}

void Master::add_children(const Generation& generation, Standing standing) {
  const auto add = [&](ChildKind kind, unsigned slot) {
    Child& child = children_.add(kind, slot);
    child.generation = generation.number;
    child.standing = standing;
  };
  add(ChildKind::agent, 0);
  for (unsigned slot = 0; slot < generation.workers; ++slot)
    add(ChildKind::worker, slot);
}

std::uint64_t Master::raise_open_files(const runtime::Plan& plan) {
  return os::raise_open_files(plan.open_files, useful_open_files(plan.worker_connections));
}

int Master::refuse(int exit_code, const std::string& message) {
  if (!message.empty()) fmt::print(stderr, "{}\n", message);
  if (!message.empty() && !logs_.names().error.empty()) log_.error(message);
  if (predecessor_) predecessor_->send(MessageType::failed, message.substr(0, longest_reason));
  input_.report.failed(exit_code);
  return exit_code;
}

// Sockets and zones of the program before; it goes on with its own copies until we are ready, and if we never are.
int Master::take_heritage() {
  if (!input_.heritage) return exit_success;
  Heritage& heritage = *input_.heritage;
  predecessor_ = std::move(heritage.channel);
  masters_before_ = std::move(heritage.masters);
  bound_masters();
  if (heritage.agent_socket.is_open())
    agent_socket_ =
        AgentSocket::adopt(std::move(heritage.agent_socket), std::move(heritage.agent_path));
  if (listeners_.adopt(std::move(heritage.sockets))) return exit_success;
  return refuse(exit_internal, "pointsman: error: the program before has handed over no sockets");
}

int Master::open_logs() {
  const Status opened = logs_.open(log_names(plan()));
  if (!opened) {
    return refuse(exit_failed, "pointsman: error: log: " + to_string(opened.error()));
  }
  sink_.set_fd(logs_.error());
  apply(log_settings(plan(), logs_), "master", log_);
  return exit_success;
}

LogFiles::Names Master::log_names(const runtime::Plan& plan) const {
  const bool is_daemon = input_.report.is_daemon();
  const auto mode = is_daemon ? LogFiles::Mode::daemon : LogFiles::Mode::foreground;
  return LogFiles::names(plan, input_.command.error_log, mode);
}

LogSettings Master::log_settings(const runtime::Plan& plan, const LogFiles& logs) const {
  const bool on_terminal = is_terminal(logs.error());
  LogSettings settings;
  settings.level = plan.log_level(on_terminal ? Level::info : Level::error);
  settings.format = plan.log.json != 0 ? LogFormat::json : LogFormat::common;
  settings.color =
      on_terminal && plan.log.no_color == 0 && !input_.command.environment.find("NO_COLOR");
  return settings;
}

// At a start the loader has printed them, and a log that is a file gets them too.
void Master::report_findings(const runtime::Bundle& bundle) {
  if (phase_ == Phase::starting && logs_.names().error.empty()) return;
  std::size_t count = 0;
  bundle.for_each_finding([&](Level level, std::string_view line) {
    if (count++ < max_quoted_findings) log_.write(level, line);
  });
}

int Master::bind() {
  for (const std::string& complaint : listeners_.take(std::move(input_.passed), plan().addresses()))
    log_.warn(complaint);
  const auto failure =
      listeners_.bind(plan().addresses(), plan().workers,
                      [this](std::chrono::milliseconds time) { return pause(time); });
  if (!failure) return exit_success;
  return refuse(ended_by_ != 0 ? exit_by_signal + ended_by_ : failure->exit_code, failure->message);
}

// False when somebody wants us to end meanwhile.
bool Master::pause(std::chrono::milliseconds time) {
  pollfd entry{input_.signals.number(), POLLIN, 0};
  if (::poll(&entry, 1, static_cast<int>(time.count())) <= 0) return true;
  while (const std::optional<os::Signal> signal = input_.signals.next()) {
    if (!os::ends_a_start(signal->number)) continue;
    ended_by_ = signal->number;
    return false;
  }
  return true;
}

// A daemon cannot be found without its pid file; in the foreground it must be asked for.
std::string Master::pid_path() const {
  if (!plan().pid_path.view().empty()) return std::string(plan().pid_path.view());
  return input_.report.is_daemon() ? std::string(paths::pid) : "";
}

int Master::write_pid_file() {
  const std::string path = pid_path();
  if (path.empty()) return exit_success;
  Result<PidFile> written = PidFile::write(path);
  if (!written) return refuse(exit_failed, "pointsman: error: pid: " + to_string(written.error()));
  pid_file_ = std::move(written).value();
  return exit_success;
}

// Where nothing is to be asked of the agent there is no socket. One that is there stays, unless it is another user's.
Status Master::open_agent_socket(const runtime::Plan& plan, AgentSocket& socket) {
  if (plan.has_agent_site == 0) return success();
  const os::Identity owner{plan.uid, plan.gid, ""};
  const AgentSocket::Wish wish{
      .folders = {std::string(plan.run_path.view()),
                  std::string(input_.command.environment.find("XDG_RUNTIME_DIR").value_or("")),
                  "/tmp"},
      .owner = plan.user_given != 0 ? &owner : nullptr};
  if (agent_socket_.is_for(wish.owner)) return success();
  PM_TRY(socket, AgentSocket::open(wish));
  return success();
}

// A zone that does not fit is not read: it starts afresh, which is said.
int Master::map_zones() {
  std::vector<shm::ZoneFd> inherited;
  if (input_.heritage) {
    for (InheritedZone& zone : input_.heritage->zones)
      inherited.push_back({zone.name, zone.fd.release()});
  }
  auto attached = shm::Zones::attach(inherited, {.workers = present_->workers});
  if (!attached) return refuse(exit_internal, "pointsman: error: " + to_string(attached.error()));
  for (const std::string& notice : attached->notices)
    log_.notice(notice);
  zones_.emplace(std::move(attached->zones));
  self_ = {::getpid(), os::start_time(::getpid()).value_or(0)};
  const auto now = Clock::now();
  next_secret_ = now + std::chrono::seconds(shm::TicketKeys::rotation_seconds);
  next_sweep_ = now;
  return exit_success;
}

void Master::warn_of_limits() {
  if (plan().worker_connections > open_files_) {
    log_.warn(
        fmt::format("workerConnections {} is more than the {} files a process may open; raise "
                    "rlimitNofile or lower workerConnections",
                    plan().worker_connections, open_files_));
  }
}

void Master::watch_files() {
  const Configuration& present = present_->configuration;
  for (const std::string& complaint : watch_.set(present.bundle.watch(), present.read))
    log_.warn(complaint);
}

void Master::enter_running() {
  phase_ = Phase::running;
  os::wait_for_memory();
  last_load_ = Clock::now();
  open_meter();
  if (meter_) meter_->on_load({}, std::time(nullptr));
  const Summary facts = summary();
  warn_of_limits();
  watch_files();
  if (is_terminal(STDERR_FILENO) && !input_.report.is_daemon()) {
    fmt::print(stderr, "{}\n{}\n", summary_text(facts), limits_text(facts));
  } else {
    sink_.write(summary_json(facts) + "\n");
  }
  notifier_.tell("READY=1\n" + state_text("started"));
  greet_predecessor();
  input_.report.started(logs_.error());
  if (wanted_) start_loading();
}

void Master::open_meter() {
  if (plan().has_metrics == 0) {
    meter_.reset();
  } else if (!meter_) {
    meter_.emplace(zones_->slabs().of_master());
  }
}

Summary Master::summary() const {
  Summary facts;
  for (const runtime::PlanAddress& address : plan().addresses())
    facts.entry_points.emplace_back(address.name.view(), listeners_.shown_address(address));
  facts.workers = present_->workers;
  facts.worker_connections = plan().worker_connections;
  facts.open_files = open_files_;
  facts.accept_queue = os::accept_queue_bound();
  facts.counts = plan().summary;
  return facts;
}

}  // namespace pm::process
