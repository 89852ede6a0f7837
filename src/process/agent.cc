// SPDX-License-Identifier: MIT
#include "process/agent.h"

#include "agent/expiry_watch.h"
#include "agent/resolver.h"
#include "config/codec.h"
#include "core/text.h"
#include "os/memory.h"
#include "process/child_loop.h"
#include "process/cli.h"
#include "process/server_hosts.h"
#include "shm/names.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

namespace pm::process {
namespace {

std::vector<agent::WatchedCertificate> watched_certificates(const config::Config& config) {
  std::vector<agent::WatchedCertificate> watched;
  const auto add = [&watched](const config::CertificatePair& pair) {
    if (!pair.is_usable()) return;
    const std::string& file = pair.cert_file.value;
    const bool is_content = file.find('\n') != std::string::npos;
    watched.push_back(
        {is_content ? "for " + text::join(pair.names, ", ") : text::quoted(file), pair.not_after});
  };
  for (const config::CertificatePair& pair : config.dynamic.certificates)
    add(pair);
  for (const config::TlsStore& store : config.dynamic.tls_stores) {
    if (store.default_certificate) add(*store.default_certificate);
  }
  return watched;
}

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
  Status start();
  Status take_configuration(const runtime::Bundle& bundle);
  int fail(const Error& error);
  void take_configuration(const Message& message);
  void on_message(Message message) override;
  void on_master_gone() override { loop_.leave(); }
  void on_terminate() override { loop_.leave(); }
  void on_quit() override { loop_.leave(); }
  void on_flush() override {}

  ChildInput input_;
  FdSink sink_;
  Log log_;
  ChildLoop loop_;
  std::unique_ptr<agent::Resolver> resolver_;
  std::unique_ptr<agent::ExpiryAlarm> expiry_;
  os::Fd error_log_;  // once the first one was replaced
};

int Agent::run() {
  const Status opened = loop_.open();
  if (!opened) return fail(opened.error());
  const Status started = start();
  if (!started) return fail(started.error());
  loop_.channel().send(MessageType::ready);
  loop_.run();
  resolver_->stop();
  expiry_.reset();
  loop_.close();
  return exit_success;
}

Status Agent::start() {
  resolver_ = std::make_unique<agent::Resolver>(loop_.uv(), *input_.names, log_);
  const runtime::Bundle bundle = std::move(input_.bundle);
  return take_configuration(bundle);
}

// The first one, and again with each reload.
Status Agent::take_configuration(const runtime::Bundle& bundle) {
  {
    PM_TRY(const config::Config config, config::decode(bundle.config()));
    std::vector<std::string> hosts;
    for (const config::At<std::string>& host : server_hosts(config))
      hosts.push_back(host.value);
    resolver_->set_names(std::move(hosts));
    expiry_ = std::make_unique<agent::ExpiryAlarm>(loop_.uv(), log_, watched_certificates(config));
  }
  os::give_back_free_memory();
  return success();
}

void Agent::take_configuration(const Message& message) {
  const auto serial = message.as<std::uint64_t>();
  if (!serial || message.fds.size() != 1) return;
  const auto bundle = runtime::Bundle::open(message.fds[0].number());
  const bool is_taken = bundle && take_configuration(*bundle);
  loop_.channel().send(MessageType::applied, body_of(Applied{*serial, is_taken ? 1u : 0u}));
}

int Agent::fail(const Error& error) {
  log_.error("cannot start: " + to_string(error));
  return exit_failed;
}

void Agent::on_message(Message message) {
  if (message.type == MessageType::stop) loop_.leave();
  if (message.type == MessageType::configuration) take_configuration(message);
  if (message.type != MessageType::logs || message.fds.empty()) return;
  error_log_ = std::move(message.fds[0]);
  sink_.set_fd(error_log_.number());
  if (input_.is_daemon) ::dup2(error_log_.number(), STDERR_FILENO);
}

}  // namespace

int run_agent(ChildInput input) {
  enter_child(input, "agent process");
  const auto agent = std::make_unique<Agent>(std::move(input));
  return agent->run();
}

}  // namespace pm::process
