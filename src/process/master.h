// SPDX-License-Identifier: MIT
// master.h -- the process that owns the sockets and the children, and does nothing else.
//
//   shape   starting ── all children ready ──► running ── QUIT ──► letting_finish (accept grace) ──► draining ──► stopping
//              └── a child cannot start ──► failed               TERM, INT ─────────────────────────────────────────┘
//   in      sealed Bundles, of which only the Plan is read; signals; fixed messages of the children
//   out     run(): the exit code. When it returns no child, no socket and no pid file is left
//   own     listeners, logs, zones, pid file, children; single-threaded, one ppoll loop, no libuv
//   errors  a start that fails is undone whole: exit codes of operations.md section 1
//   source  architecture.md section 1, operations.md sections 3 and 4
#pragma once

#include "core/log.h"
#include "os/signal.h"
#include "os/title.h"
#include "process/child_start.h"
#include "process/children.h"
#include "process/cli.h"
#include "process/daemon.h"
#include "process/listeners.h"
#include "process/log_files.h"
#include "process/notify.h"
#include "process/pid_file.h"
#include "process/summary.h"
#include "runtime/bundle.h"
#include "shm/names.h"
#include "shm/ticket_keys.h"

#include <chrono>
#include <optional>
#include <string>

namespace pm::process {

struct MasterInput {
  const Command& command;
  const runtime::Modules& modules;
  os::ProcessTitle& title;
  os::SignalFd& signals;
  runtime::Bundle bundle;
  runtime::Bundle agent_bundle;  // the same without keys
  StartReport report;
};

class Master {
 public:
  explicit Master(MasterInput input);
  int run();

 private:
  using Clock = std::chrono::steady_clock;
  enum class Phase : std::uint8_t { starting, running, letting_finish, draining, stopping };

  // Starting
  int start();
  int refuse(int exit_code, const std::string& message);
  int open_logs();
  int bind();
  std::string pid_path() const;
  int write_pid_file();
  int map_zones();
  bool pause(std::chrono::milliseconds time);
  LogSettings log_settings() const;
  void report_findings();
  void enter_running();
  Summary summary() const;

  // Children
  void start_due(Clock::time_point now);
  void become(const Child& child, Channel channel);
  void reap();
  void on_death(const Children::Death& death);
  void read_messages(Child& child);

  // Loop
  void turn();
  std::optional<Clock::time_point> next_deadline() const;
  void on_deadline(Clock::time_point now);
  void on_signal(int signal);
  void reopen_logs();
  void send_logs();
  void stop_gracefully();
  void drain();
  void stop_now();
  void end_agent();
  bool is_finished() const { return phase_ == Phase::stopping && children_.alive() == 0; }
  bool term_is_graceful() const;
  const runtime::Plan& plan() const { return input_.bundle.plan(); }

  MasterInput input_;
  FdSink sink_;
  Log log_;
  LogFiles logs_;
  Listeners listeners_;
  PidFile pid_file_;
  ActionStatus last_action_;
  Notifier notifier_;
  std::optional<shm::Names> names_;
  std::optional<shm::TicketKeys> ticket_keys_;
  Clock::time_point next_secret_;  // when ticket_keys_ gets a new one
  Children children_;
  Phase phase_ = Phase::starting;
  std::optional<Clock::time_point> phase_deadline_;
  std::uint64_t open_files_ = 0;
  int ended_by_ = 0;  // the signal that cut the start short
  int exit_code_ = exit_success;
};

}  // namespace pm::process
