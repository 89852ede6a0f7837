// SPDX-License-Identifier: MIT
#include "process/child_start.h"

#include "os/affinity.h"
#include "os/fd.h"
#include "os/limits.h"
#include "os/memory.h"
#include "os/signal.h"
#include "os/user.h"
#include "process/cli.h"
#include "tls/preload.h"

#include <cstdlib>
#include <ctime>
#include <optional>

#include <unistd.h>

namespace pm::process {
namespace {

// The time zone file is read while it still can be; of the environment, code run for peers needs nothing else.
void clear_environment() {
  // The coverage library reads its two when the process ends.
  constexpr const char* kept[] = {"TZ", "GCOV_PREFIX", "GCOV_PREFIX_STRIP"};
  std::optional<std::string> values[std::size(kept)];
  for (std::size_t i = 0; i < std::size(kept); ++i) {
    if (const char* value = std::getenv(kept[i])) values[i] = value;
  }
  ::tzset();
  ::clearenv();
  for (std::size_t i = 0; i < std::size(kept); ++i) {
    if (values[i]) ::setenv(kept[i], values[i]->c_str(), 1);
  }
}

void keep_own_descriptors(const ChildInput& input) {
  std::vector<int> keep{input.channel.number(), input.error_log, input.access_log, input.spill,
                        input.agent_listener};
  for (const runtime::ListeningSocket& listener : input.listeners)
    keep.push_back(listener.fd);
  for (const net::Pipe& pipe : input.pipes.all()) {
    keep.push_back(pipe.reading.number());
    keep.push_back(pipe.writing.number());
  }
  os::close_all_but(keep);
}

// What a library or a broken invariant says goes to the error log; standard input is /dev/null already.
void leave_terminal(int error_log) {
  ::dup2(error_log, STDERR_FILENO);
  ::dup2(STDIN_FILENO, STDOUT_FILENO);
}

Status drop_privileges(const runtime::Plan& plan) {
  const os::Identity identity{plan.uid, plan.gid, ""};
  PM_TRY([[maybe_unused]] auto changed,
         plan.user_given != 0 ? os::become(identity) : os::give_up_capabilities());
  os::forbid_dumps();
  return os::forbid_new_privileges();
}

// From here on files are out of reach: what libraries read of them comes first. No thread has been started yet.
Status close_doors(const runtime::Plan& plan, os::SandboxKind kind) {
  tls::preload();
  // Where there can be none the master has said so.
  if (!os::can_sandbox()) return success();
  return os::enter_sandbox(kind, plan.sandbox);
}

[[noreturn]] void give_up(const ChildInput& input, const std::string& title, const Error& error) {
  FdSink sink(input.error_log);
  Log log(sink);
  apply(input.log, title, log);
  log.error("privileges cannot be given up: " + to_string(error));
  std::exit(exit_no_privilege);
}

}  // namespace

void apply(const LogSettings& settings, std::string role, Log& log) {
  log.set_level(settings.level);
  log.set_format(settings.format);
  log.set_color(settings.color);
  log.set_role(std::move(role));
}

void enter_child(ChildInput& input, const std::string& title, os::SandboxKind kind) {
  os::keep_heap_small();
  os::end_without_memory();
  os::restore_signals();
  keep_own_descriptors(input);
  if (input.bundle.plan().has_metrics != 0 || input.bundle.plan().has_memory_limit != 0)
    input.usage.emplace();
  if (input.is_daemon) leave_terminal(input.error_log);
  input.title->set("pointsman: " + title);
  const runtime::Plan& plan = input.bundle.plan();
  os::set_priority(plan.worker_priority);
  if (const Status dropped = drop_privileges(plan); !dropped)
    give_up(input, title, dropped.error());
  clear_environment();
  if (const Status closed = close_doors(plan, kind); !closed) give_up(input, title, closed.error());
}

}  // namespace pm::process
