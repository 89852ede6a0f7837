// SPDX-License-Identifier: MIT
#include "process/load_guard.h"

#include "os/memory.h"
#include "process/loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace pm::process {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr auto load_limit = std::chrono::seconds(30);

LoadOutcome failure(int exit_code, std::string message) {
  LoadOutcome outcome;
  outcome.exit_code = exit_code;
  outcome.message = std::move(message);
  return outcome;
}

[[noreturn]] void become_loader(const BundleFds& bundles, const Command& command,
                                const runtime::Modules& modules, const LoadOrder& order) {
  os::restore_signals();
  os::end_without_memory();
  const int keep[] = {bundles.workers, bundles.agent};
  os::close_all_but(keep);
  std::exit(run_loader(bundles, command, modules, order));
}

struct Waited {
  bool is_stopped;
  int detail;  // wait status of a child that ended, the signal that stopped the wait
};

Waited wait_for(Loading& loading, const os::SignalFd& signals) {
  while (true) {
    int status = 0;
    if (::waitpid(loading.pid(), &status, WNOHANG) == loading.pid()) return {false, status};
    const auto left = std::chrono::ceil<milliseconds>(loading.deadline() - steady_clock::now());
    if (left.count() <= 0) loading.kill();
    pollfd entry{signals.number(), POLLIN, 0};
    ::poll(&entry, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 10)));
    while (const std::optional<os::Signal> signal = signals.next()) {
      if (os::ends_a_start(signal->number)) return {true, signal->number};
    }
  }
}

}  // namespace

Loading::Loading(os::Fd bundle, os::Fd agent_bundle) noexcept
    : bundle_(std::move(bundle)),
      agent_bundle_(std::move(agent_bundle)),
      deadline_(Clock::now() + load_limit),
      began_(std::chrono::system_clock::now()) {}

Result<Loading> Loading::start(const Command& command, const runtime::Modules& modules,
                               const LoadOrder& order) {
  PM_TRY(os::Fd bundle, os::make_memory("pointsman-bundle"));
  PM_TRY(os::Fd agent_bundle, os::make_memory("pointsman-agent"));
  Loading loading(std::move(bundle), std::move(agent_bundle));
  std::fflush(nullptr);
  loading.pid_ = ::fork();
  if (loading.pid_ < 0) return os::system_error("cannot fork", errno);
  if (loading.pid_ == 0) {
    become_loader({loading.bundle_.number(), loading.agent_bundle_.number()}, command, modules,
                  order);
  }
  return loading;
}

void Loading::kill() noexcept {
  took_too_long_ = true;
  ::kill(pid_, SIGKILL);
}

LoadOutcome Loading::finish(int status) {
  if (took_too_long_) {
    return failure(exit_failed, "the configuration could not be read in 30 s; nothing is changed");
  }
  LoadOutcome outcome;
  if (WIFEXITED(status) && WEXITSTATUS(status) == exit_success) {
    outcome.bundle = std::move(bundle_);
    outcome.agent_bundle = std::move(agent_bundle_);
    outcome.began = began_;
    return outcome;
  }
  const bool has_spoken = WIFEXITED(status) && (WEXITSTATUS(status) == exit_failed ||
                                                WEXITSTATUS(status) == exit_no_privilege);
  if (has_spoken) {
    outcome.exit_code = WEXITSTATUS(status);
    outcome.refusal = std::move(bundle_);
    return outcome;
  }
  return failure(exit_internal,
                 fmt::format("the loader was not able to read the configuration: {}; "
                             "please report this as a bug",
                             os::describe_exit(status)));
}

LoadOutcome load_in_child(const Command& command, const runtime::Modules& modules,
                          const os::SignalFd& signals) {
  Result<Loading> loading = Loading::start(command, modules, {});
  if (!loading) return failure(exit_internal, to_string(loading.error()));
  const Waited waited = wait_for(*loading, signals);
  if (!waited.is_stopped) return loading->finish(waited.detail);
  loading->kill();
  while (::waitpid(loading->pid(), nullptr, 0) < 0 && errno == EINTR) {
  }
  return failure(exit_by_signal + waited.detail, "stopped while the configuration was read");
}

}  // namespace pm::process
