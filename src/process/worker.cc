// SPDX-License-Identifier: MIT
#include "process/worker.h"

#include "config/codec.h"
#include "observe/access_log.h"
#include "os/affinity.h"
#include "os/fd.h"
#include "os/limits.h"
#include "os/memory.h"
#include "process/build_paths.h"
#include "process/child_loop.h"
#include "process/cli.h"
#include "shm/zones.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <utility>

#include <unistd.h>

namespace pm::process {
namespace {

class Worker final : public Ear {
 public:
  explicit Worker(ChildInput input)
      : input_(std::move(input)),
        sink_(input_.error_log),
        log_(sink_),
        loop_(*this, std::move(input_.channel)) {
    apply(input_.log, fmt::format("worker {}", input_.slot), log_);
  }

  int run();

 private:
  Status start();
  Result<config::Config> read_configuration();
  int fail(const Error& error);
  void drain(const runtime::Server::Drain& how);
  void leave();

  void on_message(Message message) override;
  void on_master_gone() override;
  void on_terminate() override { leave(); }
  void on_quit() override { drain({}); }
  void on_flush() override;
  void take_logs(Message message);
  void take_configuration(Message message);

  ChildInput input_;
  FdSink sink_;
  Log log_;
  ChildLoop loop_;
  std::unique_ptr<observe::AccessLog> access_log_;  // null: off
  std::unique_ptr<runtime::Server> server_;         // writes to it until the end
  os::Fd error_log_;                                // once the first one was replaced
  bool orphans_serve_ = false;
};

int Worker::run() {
  const Status opened = loop_.open();
  if (!opened) return fail(opened.error());
  const Status started = start();
  const int code = started ? exit_success : fail(started.error());
  if (started) loop_.run(server_->loop());
  server_.reset();
  loop_.close();
  return code;
}

Status Worker::start() {
  PM_TRY(auto config, read_configuration());
  if (config.fixed.access_log && input_.access_log >= 0)
    access_log_ = std::make_unique<observe::AccessLog>(*config.fixed.access_log, input_.access_log);
  runtime::ServerOptions options;
  options.config = std::move(config);
  options.modules = input_.modules;
  options.listeners = input_.listeners;
  options.worker = input_.slot;
  options.log = &log_;
  options.names = &input_.zones->names();
  options.ticket_keys = input_.zones->ticket_keys();
  options.zones = input_.zones;
  options.slot = input_.zone_slot;
  options.health = &input_.zones->health();
  options.agent_socket = input_.agent_socket;
  options.access_log = access_log_.get();
  options.usage = input_.usage ? &*input_.usage : nullptr;
  options.spill = std::exchange(input_.spill, -1);
  options.pipes = std::move(input_.pipes);
  options.on_drained = [this] {
    leave();
  };
  PM_TRY(server_, runtime::Server::create(loop_.uv(), std::move(options)));
  os::give_back_free_memory();
  PM_TRY([[maybe_unused]] auto listening, server_->start());
  return loop_.tell_ready();
}

Result<config::Config> Worker::read_configuration() {
  const runtime::Bundle bundle = std::move(input_.bundle);
  orphans_serve_ = bundle.plan().orphans_serve != 0;
  return config::decode(bundle.config());
}

int Worker::fail(const Error& error) {
  log_.error("cannot start: " + to_string(error));
  return exit_failed;
}

void Worker::on_message(Message message) {
  switch (message.type) {
    case MessageType::ping: loop_.channel().send(MessageType::pong, message.body); return;
    case MessageType::ready:
    case MessageType::applied:
    case MessageType::pong:
    case MessageType::healthy:
    case MessageType::failed:
    case MessageType::alone:
    case MessageType::settled: return;
    case MessageType::terminating:
      if (server_ != nullptr) server_->set_terminating();
      return;
    case MessageType::drain:
      if (const auto order = message.as<DrainOrder>()) drain({order->limit_ms, order->silent_ms});
      return;
    case MessageType::configuration: take_configuration(std::move(message)); return;
    case MessageType::stop: leave(); return;
    case MessageType::logs: take_logs(std::move(message)); return;
  }
}

void Worker::take_logs(Message message) {
  if (message.fds.size() != message.body.size()) return;
  for (std::size_t i = 0; i < message.fds.size(); ++i) {
    switch (static_cast<LogKind>(message.body[i])) {
      case LogKind::access:
        if (access_log_) access_log_->reopen(message.fds[i].release());
        break;
      case LogKind::error:
        error_log_ = std::move(message.fds[i]);
        sink_.set_fd(error_log_.number());
        if (input_.is_daemon) ::dup2(error_log_.number(), STDERR_FILENO);
        break;
    }
  }
}

void Worker::take_configuration(Message message) {
  const auto serial = message.as<std::uint64_t>();
  if (!serial || message.fds.size() != 1 || server_ == nullptr) return;
  const auto answer = [this, serial](bool is_in_force) {
    loop_.channel().send(MessageType::applied, body_of(Applied{*serial, is_in_force ? 1u : 0u}));
  };
  auto bundle = runtime::Bundle::open(message.fds[0].number());
  if (!bundle) return answer(false);
  server_->replace(std::move(bundle).value(), answer);
}

void Worker::on_flush() {
  if (access_log_) access_log_->flush();
}

void Worker::on_master_gone() {
  if (orphans_serve_) return;
  log_.error("the master is gone; finishing what runs");
  drain({});
}

// What still arrives while the server ends (it waits for jobs that run) comes too late.
void Worker::drain(const runtime::Server::Drain& how) {
  if (server_ == nullptr) return;
  input_.title->set("pointsman: worker process is shutting down");
  server_->drain(how);
}

void Worker::leave() {
  if (server_ == nullptr) return;
  server_->stop();
  loop_.leave();
}

// While it still may: folders for such files are not for the user whom a worker becomes.
os::Fd open_spill(const runtime::Plan& plan) {
  const std::string_view wished = plan.spill_path.view();
  const std::string_view folders[] = {wished.empty() ? paths::temp : wished, "/var/tmp", "/tmp"};
  for (const std::string_view folder : folders) {
    os::Fd file = os::unnamed_file(std::string(folder));
    if (file.is_open()) return file;
  }
  return {};
}

// While it still may: root's pipes keep their size, others have a quota. At most a sixteenth of the descriptors.
net::Pipes make_pipes() {
  net::Pipes::Wish wish;
  wish.count = std::min<std::size_t>(wish.count, os::open_files() / 32);
  return net::Pipes::make(wish);
}

}  // namespace

int run_worker(ChildInput input) {
  input.spill = open_spill(input.bundle.plan()).release();
  input.pipes = make_pipes();
  enter_child(input, fmt::format("worker process {}", input.slot), os::SandboxKind::closed);
  ::setenv("UV_THREADPOOL_SIZE", "2",
           1);  // decision 40: slow hashes and held bodies share two threads
  input.zones->make_read_only();
  const runtime::Plan& plan = input.bundle.plan();
  switch (plan.affinity) {
    case runtime::PlanAffinity::none: break;
    case runtime::PlanAffinity::automatic: os::pin_to_nth_usable_core(input.slot); break;
    case runtime::PlanAffinity::masks:
      // As in nginx: the last mask serves all workers that have none of their own.
      os::pin_to_cores(plan.masks[std::min(input.slot, plan.mask_count - 1)]);
      break;
  }
  // On the heap: exit() does not unwind this stack, and a leak checker looks at what is left.
  const auto worker = std::make_unique<Worker>(std::move(input));
  return worker->run();
}

}  // namespace pm::process
