// SPDX-License-Identifier: MIT
#include "process/signal_cli.h"

#include "os/fd.h"
#include "os/inspect.h"
#include "process/build_paths.h"
#include "process/disk_reader.h"
#include "process/loader.h"
#include "process/pid_file.h"
#include "process/plan_maker.h"
#include "process/upgrade.h"

#include <fmt/format.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

namespace pm::process {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t max_path = 4096;
constexpr auto default_wait = std::chrono::seconds(60);
constexpr auto pause_between_looks = std::chrono::milliseconds(20);

struct Order {
  int signal;
  std::string_view name;
  bool ends_it = false;
  UpgradeWish wish = UpgradeWish::by_hand;
};

Order order_of(SignalCommand command) {
  switch (command) {
    case SignalCommand::stop: return {SIGTERM, "stop", true};
    case SignalCommand::quit: return {SIGQUIT, "quit", true};
    case SignalCommand::reopen: return {SIGUSR1, "reopen"};
    case SignalCommand::reload: return {SIGHUP, "reload"};
    case SignalCommand::upgrade: return {SIGUSR2, "upgrade", false, UpgradeWish::unattended};
    case SignalCommand::rollback: return {SIGUSR2, "rollback", false, UpgradeWish::rollback};
  }
  return {0, "", false};
}

int fail(int exit_code, const std::string& message) {
  fmt::print(stderr, "pointsman: error: {}\n", message);
  return exit_code;
}

[[noreturn]] void tell_pid_path(const Command& command, int to) {
  const Caller caller = Caller::current();
  if (!confine_reader(caller)) std::exit(exit_no_privilege);
  DiskReader reader(caller.is_root ? Trust::not_world_writable : Trust::any_file);
  config::Findings findings;
  const config::LoadRequest request =
      load_request(command, std::string(paths::configuration), caller.uid);
  const config::LoadResult result = config::load(request, reader, findings);
  const std::string path = absolute_path(base_folder(command), result.config.fixed.pid_path);
  const Status written = os::write_all(to, path.substr(0, max_path));
  std::exit(written ? exit_success : exit_failed);
}

std::string find_pid_path(const Command& command) {
  int ends[2];
  if (::pipe(ends) != 0) return std::string(paths::pid);
  os::Fd reading(ends[0]);
  os::Fd writing(ends[1]);
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child == 0) tell_pid_path(command, writing.number());
  writing.reset();
  Result<std::string> path = os::read_all(reading.number(), max_path);
  while (child > 0 && ::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
  return path && !path->empty() ? std::move(path).value() : std::string(paths::pid);
}

int wait_for_end(pid_t pid, steady_clock::time_point deadline) {
  while (steady_clock::now() < deadline) {
    if (!os::is_alive(pid)) return exit_success;
    std::this_thread::sleep_for(pause_between_looks);
  }
  return fail(exit_refused, fmt::format("pid {} has not ended in time", pid));
}

int wait_for_action(const std::string& pid_path, std::uint64_t serial_before,
                    steady_clock::time_point deadline) {
  while (steady_clock::now() < deadline) {
    const auto status = read_status(pid_path);
    if (status && status->serial != serial_before) {
      if (status->ok) return exit_success;
      return fail(exit_refused, fmt::format("{} failed: {}", status->action, status->reason));
    }
    std::this_thread::sleep_for(pause_between_looks);
  }
  return fail(exit_refused, "no answer in time");
}

}  // namespace

int signal_master(const Command& command) {
  const Order order = order_of(command.signal);
  const std::string pid_path = find_pid_path(command);
  // To go back is the older program's business, if it is there.
  std::optional<pid_t> pid;
  if (command.signal == SignalCommand::rollback) pid = running_pid(pid_path + old_pid_suffix);
  if (!pid) pid = running_pid(pid_path);
  if (!pid) {
    return fail(exit_not_running,
                fmt::format("no running instance: {} names no living process", pid_path));
  }
  const auto before = read_status(pid_path);
  const sigval value{.sival_int = static_cast<int>(order.wish)};
  if (::sigqueue(*pid, order.signal, value) != 0) {
    if (errno == ESRCH) return fail(exit_not_running, fmt::format("pid {} is gone", *pid));
    return fail(exit_no_privilege,
                fmt::format("pid {} cannot be signalled: {}", *pid, os::reason(errno)));
  }
  if (!command.wait && ::isatty(STDOUT_FILENO) != 1) return exit_success;
  const auto deadline = steady_clock::now() + command.wait.value_or(default_wait);
  if (order.ends_it) return wait_for_end(*pid, deadline);
  return wait_for_action(pid_path, before ? before->serial : 0, deadline);
}

}  // namespace pm::process
