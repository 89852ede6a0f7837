// SPDX-License-Identifier: MIT
#include "process/agent.h"

#include "process/child_loop.h"
#include "process/cli.h"

#include <memory>
#include <utility>

namespace pm::process {
namespace {

class Agent final : public Ear {
 public:
  explicit Agent(ChildInput input)
      : input_(std::move(input)),
        sink_(input_.error_log),
        log_(sink_),
        loop_(*this, std::move(input_.channel)) {
    apply(input_.log, "agent", log_);
  }

  int run();

 private:
  void on_message(Message message) override;
  void on_master_gone() override { loop_.leave(); }
  void on_terminate() override { loop_.leave(); }
  void on_quit() override { loop_.leave(); }
  void on_flush() override {}

  ChildInput input_;
  FdSink sink_;
  Log log_;
  ChildLoop loop_;
  os::Fd error_log_;  // once the first one was replaced
};

int Agent::run() {
  const Status opened = loop_.open();
  if (!opened) {
    log_.error("cannot start: " + to_string(opened.error()));
    return exit_failed;
  }
  loop_.channel().send(MessageType::ready);
  loop_.run();
  loop_.close();
  return exit_success;
}

void Agent::on_message(Message message) {
  if (message.type == MessageType::stop) loop_.leave();
  if (message.type != MessageType::logs || message.fds.empty()) return;
  error_log_ = std::move(message.fds[0]);
  sink_.set_fd(error_log_.number());
}

}  // namespace

int run_agent(ChildInput input) {
  enter_child(input, "agent process");
  const auto agent = std::make_unique<Agent>(std::move(input));
  return agent->run();
}

}  // namespace pm::process
