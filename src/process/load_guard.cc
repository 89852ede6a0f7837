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
                                const runtime::Modules& modules) {
  os::restore_signals();
  const int keep[] = {bundles.workers, bundles.agent};
  os::close_all_but(keep);
  std::exit(run_loader(bundles, command, modules));
}

enum class Wait : std::uint8_t { ended, stopped, too_long };

struct Waited {
  Wait how;
  int detail;  // wait status of a child that ended, the signal that stopped the wait
};

Waited wait_for(pid_t child, const os::SignalFd& signals) {
  const auto deadline = steady_clock::now() + load_limit;
  while (true) {
    int status = 0;
    if (::waitpid(child, &status, WNOHANG) == child) return {Wait::ended, status};
    const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now());
    if (left.count() <= 0) return {Wait::too_long, 0};
    pollfd entry{signals.number(), POLLIN, 0};
    ::poll(&entry, 1, static_cast<int>(left.count()));
    while (const std::optional<int> signal = signals.next()) {
      if (os::ends_a_start(*signal)) return {Wait::stopped, *signal};
    }
  }
}

void end(pid_t child) {
  ::kill(child, SIGKILL);
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace

LoadOutcome load_in_child(const Command& command, const runtime::Modules& modules,
                          const os::SignalFd& signals) {
  Result<os::Fd> memory = os::make_memory("pointsman-bundle");
  if (!memory) return failure(exit_internal, to_string(memory.error()));
  Result<os::Fd> for_agent = os::make_memory("pointsman-agent");
  if (!for_agent) return failure(exit_internal, to_string(for_agent.error()));
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child < 0) return failure(exit_internal, os::system_error("cannot fork", errno).what);
  if (child == 0) become_loader({memory->number(), for_agent->number()}, command, modules);

  const Waited waited = wait_for(child, signals);
  switch (waited.how) {
    case Wait::ended: break;
    case Wait::stopped:
      end(child);
      return failure(exit_by_signal + waited.detail, "stopped while the configuration was read");
    case Wait::too_long:
      end(child);
      return failure(exit_failed,
                     "the configuration could not be read in 30 s; nothing is changed");
  }
  const int status = waited.detail;
  if (WIFEXITED(status) && WEXITSTATUS(status) == exit_success) {
    LoadOutcome outcome;
    outcome.bundle = std::move(memory).value();
    outcome.agent_bundle = std::move(for_agent).value();
    return outcome;
  }
  const bool has_spoken = WIFEXITED(status) && (WEXITSTATUS(status) == exit_failed ||
                                                WEXITSTATUS(status) == exit_no_privilege);
  if (has_spoken) return failure(WEXITSTATUS(status), "");
  return failure(exit_internal,
                 fmt::format("the loader was not able to read the configuration: {}; "
                             "please report this as a bug",
                             os::describe_exit(status)));
}

}  // namespace pm::process
