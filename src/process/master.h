// SPDX-License-Identifier: MIT
// master.h -- the process that owns the sockets and the children, and does nothing else.
//
//   shape   starting ── all children ready ──► running ── QUIT ──► letting_finish (accept grace) ──► draining ──► stopping
//              └── a child cannot start ──► failed               TERM, INT ─────────────────────────────────────────┘
//           while running, one reload at a time: loading ──► swapping (the dynamic part: every child is told) or
//           replacing (the static part: a generation of children comes, the one before drains)
//   in      sealed Bundles, of which only the Plan is read; signals; fixed messages of the children; inotify
//   out     run(): the exit code. When it returns no child, no socket and no pid file is left
//   own     listeners, logs, zones, pid file, children; single-threaded, one ppoll loop, no libuv
//   errors  a start that fails is undone whole: exit codes of operations.md section 1. A reload that fails changes nothing
//   source  architecture.md sections 1 and 3, operations.md sections 3, 4 and 6, decisions 16 to 19
#pragma once

#include "core/log.h"
#include "core/seldom.h"
#include "os/signal.h"
#include "os/title.h"
#include "process/agent_socket.h"
#include "process/child_start.h"
#include "process/children.h"
#include "process/cli.h"
#include "process/daemon.h"
#include "process/generation.h"
#include "process/handoff.h"
#include "process/listeners.h"
#include "process/log_files.h"
#include "process/master_meter.h"
#include "process/notify.h"
#include "process/pid_file.h"
#include "process/summary.h"
#include "process/upgrade.h"
#include "process/watch.h"
#include "shm/zones.h"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pm::process {

struct MasterInput {
  const Command& command;
  const runtime::Modules& modules;
  os::ProcessTitle& title;
  os::SignalFd& signals;
  Configuration configuration;
  StartReport report;
  Program program;                     // this one, or what stands in its place by then
  std::optional<Heritage> heritage;    // of the program before
  std::vector<PassedSocket> passed{};  // by the service manager
};

class Master {
 public:
  explicit Master(MasterInput input);
  ~Master();
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
  int take_heritage();
  Status open_agent_socket(const runtime::Plan& plan, AgentSocket& socket);
  bool pause(std::chrono::milliseconds time);
  LogFiles::Names log_names(const runtime::Plan& plan) const;
  LogSettings log_settings(const runtime::Plan& plan, const LogFiles& logs) const;
  void add_children(const Generation& generation, Standing standing);
  void report_findings(const runtime::Bundle& bundle);
  std::uint64_t raise_open_files(const runtime::Plan& plan);
  void enter_running();
  void warn_of_limits();
  void watch_files();
  Summary summary() const;

  // Reloading
  void ask_for(Occasion occasion);
  bool is_reloading() const noexcept { return loading_ || coming_ != nullptr || swapping_; }
  void start_loading();
  void on_loaded(int wait_status);
  void refuse_reload(const std::string& reason);
  void take(Configuration configuration);
  void swap(Configuration configuration);
  void tell(Child& child);
  void look_at_swap(Clock::time_point now);
  void replace(Configuration configuration);
  void commit();
  void move_pid_file();
  void replace_child(Child& child);
  void bound_generations();
  bool end_oldest_draining(std::string_view why);
  void give_up_coming(const std::string& reason);
  void finish_reload(const std::string& what);
  void end_reload(bool ok, const std::string& reason);
  void open_meter();
  void renew_agent() noexcept;
  void abandon_reload() noexcept;

  // Children
  bool start(Child& child);
  bool claim_slot(Child& child);
  void release_slot(Child& child, pid_t last);
  void start_due(Clock::time_point now);
  void become(const Child& child, Channel channel);
  void reap();
  void on_death(const Children::Death& death);
  void on_death_while_coming(Child& child, const std::string& what, int status);
  void come_back(Child& child, const std::string& what);
  void read_messages(Child& child);
  bool on_message(Child& child, const Message& message);
  void on_ready(Child& child);

  // From one program to the next
  void upgrade(UpgradeWish wish);
  void refuse_upgrade(const std::string& reason);
  enum class Rename : std::uint8_t { to_old, back };
  Status rename_pid_file(Rename which);
  void read_successor();
  void on_successor_ready(Clock::time_point now);
  void on_successor_death(int wait_status);
  void on_upgrade_deadline(Clock::time_point now);
  std::optional<Clock::time_point> upgrade_deadline() const;
  void end_successor(const std::string& reason);
  void retire();
  void stop_workers();
  void start_again();
  void roll_back();
  void finish_rollback();
  void greet_predecessor();
  void read_predecessor();
  void ping(Clock::time_point now);
  void bound_masters();
  bool end_oldest_program();
  void tell_outcome(const std::string& action, bool ok, const std::string& reason);

  // The service manager
  void take_duty();
  bool watches_workers() const noexcept;
  void give_sign(Clock::time_point now);
  std::string state_text(std::string_view what) const;
  void tell_manager_of_stop();

  // Loop
  void turn();
  std::optional<Clock::time_point> next_deadline() const;
  void on_deadline(Clock::time_point now);
  void on_deadline_of_work(Clock::time_point now);
  void on_signal(os::Signal signal);
  void reopen_logs();
  void use_logs();
  void send_logs();
  void stop_gracefully();
  void tell_of_stop();
  void drain();
  void stop_now();
  void end_agent();
  bool is_finished() const;
  bool term_is_graceful() const;
  const runtime::Plan& plan() const { return present_->plan(); }
  const Generation& generation_of(const Child& child) const {
    return child.standing == Standing::coming ? *coming_ : *present_;
  }

  struct Swap {
    Clock::time_point began;
    Clock::time_point deadline;
    std::string what;
  };

  MasterInput input_;
  std::unique_ptr<Generation> present_;
  FdSink sink_;
  Log log_;
  LogFiles logs_;
  Listeners listeners_;
  AgentSocket agent_socket_;
  PidFile pid_file_;
  Notifier notifier_;
  bool is_on_duty_ =
      true;  // who speaks to the manager: of two masters, the one whose MAINPID was told last
  Clock::time_point next_sign_;  // of life, for the service manager
  Seldom slot_complaint_;
  std::optional<shm::Zones> zones_;
  std::optional<MasterMeter> meter_;  // while something is counted
  shm::Process self_;                 // as slots name it
  Clock::time_point next_secret_;     // when tickets get a new one
  Clock::time_point next_sweep_;      // when slots of dead masters' children are looked for
  Children children_;
  Phase phase_ = Phase::starting;
  std::optional<Clock::time_point> phase_deadline_;
  std::uint64_t open_files_ = 0;

  Watch watch_;
  std::optional<Occasion> wanted_;  // once what runs has ended
  std::optional<Loading> loading_;
  Occasion occasion_ = Occasion::start;  // of the reload that runs
  Clock::time_point reload_began_;
  Clock::time_point last_load_;
  std::uint64_t reloads_ = 0;
  std::uint64_t serial_ = 1;  // of the newest dynamic part
  std::optional<Swap> swapping_;
  std::unique_ptr<Generation> coming_;
  LogFiles coming_logs_;
  AgentSocket coming_socket_;  // where the coming generation cannot use the one that is there
  Clock::time_point coming_deadline_;

  std::optional<Upgrade> upgrade_;    // to the next program
  bool are_workers_stopped_ = false;  // WINCH, or the next program has taken over
  bool is_retiring_ = false;          // the next program has taken over: we end with our last child
  bool is_rolling_back_ = false;      // once our workers are ready again
  std::optional<Channel> predecessor_;  // the program before, while it lives
  bool has_taken_over_ = false;         // from it
  std::vector<KnownProcess> masters_before_;
  std::optional<KnownProcess> ending_master_;  // the one of them that makes room
  Clock::time_point next_ping_;

  int ended_by_ = 0;  // the signal that cut the start short
  int exit_code_ = exit_success;
};

}  // namespace pm::process
