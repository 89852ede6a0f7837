// SPDX-License-Identifier: MIT
#include "process/agent.h"

#include "agent/api.h"
#include "agent/expiry_watch.h"
#include "agent/metric_page.h"
#include "agent/probe_runner.h"
#include "agent/resolver.h"
#include "agent/site.h"
#include "config/codec.h"
#include "core/text.h"
#include "observe/process_meter.h"
#include "os/memory.h"
#include "process/build_paths.h"
#include "process/child_loop.h"
#include "process/cli.h"
#include "process/commands.h"
#include "process/server_hosts.h"
#include "runtime/connector.h"
#include "runtime/middleware_plan.h"
#include "runtime/probe_plan.h"
#include "shm/zones.h"
#include "tls/gate.h"
#include "tls/wire.h"

#include <chrono>
#include <ctime>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

namespace pm::process {
namespace {

// Of workers' connections once it is replaced: they are in use, or may be opened again.
constexpr std::uint64_t silence_ms = 500;
constexpr std::uint64_t drain_limit_ms = 1500;  // below what the master gives it

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

// What the loader has found of an object; a service that it has not called broken can be checked.
bool is_usable(const config::Config& config, std::string_view service) {
  const auto found = config.dynamic.verdicts.find("service " + std::string(service));
  return found == config.dynamic.verdicts.end() ||
         (!found->second.starts_with('e') && found->second.find("\ne") == std::string::npos);
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
  Status open_network();
  void open_metrics();
  Status open_site();
  Status take_configuration(const runtime::Bundle& bundle);
  agent::Reply answer_metrics(const agent::Question& question);
  void close_network();
  int fail(const Error& error);
  void take_configuration(const Message& message);
  void drain();
  void on_message(Message message) override;
  void on_master_gone() override { loop_.leave(); }
  void on_terminate() override { loop_.leave(); }
  void on_quit() override { drain(); }
  void on_flush() override {}

  ChildInput input_;
  FdSink sink_;
  Log log_;
  ChildLoop loop_;
  std::unique_ptr<agent::Resolver> resolver_;
  std::unique_ptr<agent::ExpiryAlarm> expiry_;
  // The agent's own way to servers, and from workers.
  std::unique_ptr<net::Loop> network_;
  tls::Wire wire_;
  std::unique_ptr<tls::Gate> gate_;
  std::unique_ptr<h2::Flusher> flusher_;
  std::unique_ptr<runtime::Connector> connector_;
  std::unique_ptr<upstream::PoolBook> pools_;
  std::unique_ptr<agent::ProbeRunner> probes_;
  std::vector<config::MiddlewareType> types_;
  std::unique_ptr<agent::Api> api_;
  // Null: nothing is counted.
  std::unique_ptr<observe::SeriesBook> series_;
  std::unique_ptr<observe::ProcessMeter> own_figures_;
  std::unique_ptr<agent::MetricPage> metrics_;
  std::unique_ptr<agent::Site> site_;
  os::Fd error_log_;  // once the first one was replaced
};

int Agent::run() {
  const Status opened = loop_.open();
  if (!opened) return fail(opened.error());
  const Status started = start();
  if (!started) return fail(started.error());
  // A master that has gone meanwhile takes no word: what has begun ends as it would later.
  const Status told = loop_.tell_ready();
  if (told) loop_.run(*network_);
  resolver_->stop();
  expiry_.reset();
  close_network();
  loop_.close();
  return told ? exit_success : fail(told.error());
}

Status Agent::start() {
  resolver_ = std::make_unique<agent::Resolver>(loop_.uv(), input_.zones->names(), log_);
  PM_TRY([[maybe_unused]] auto opened, open_network());
  {
    const runtime::Bundle bundle = std::move(input_.bundle);
    PM_TRY([[maybe_unused]] auto taken, take_configuration(bundle));
  }
  os::give_back_free_memory();
  return open_site();
}

Status Agent::open_network() {
  PM_TRY(network_, net::Loop::create(loop_.uv()));
  gate_ = std::make_unique<tls::Gate>(*network_);
  flusher_ = std::make_unique<h2::Flusher>(*network_);
  connector_ = std::make_unique<runtime::Connector>(*flusher_);
  pools_ = std::make_unique<upstream::PoolBook>(
      upstream::PoolBook::Options{.loop = network_.get(),
                                  .names = &input_.zones->names(),
                                  .connector = connector_.get(),
                                  .wire = &wire_,
                                  .gate = gate_.get(),
                                  .log = &log_});
  probes_ = std::make_unique<agent::ProbeRunner>(
      agent::ProbeRunner::Options{.loop = network_.get(),
                                  .health = &input_.zones->health(),
                                  .pools = pools_.get(),
                                  .log = &log_});
  types_ = runtime::middleware_types(*input_.modules);
  if (input_.bundle.plan().has_metrics != 0) open_metrics();
  return success();
}

void Agent::open_metrics() {
  series_ = std::make_unique<observe::SeriesBook>(input_.zones->slabs().of_agent());
  own_figures_ = std::make_unique<observe::ProcessMeter>(*series_, "");
  metrics_ = std::make_unique<agent::MetricPage>(agent::MetricPage::Options{
      .slabs = &input_.zones->slabs(), .probes = probes_.get(), .build = build_labels()});
}

Status Agent::open_site() {
  if (input_.agent_listener < 0) return success();
  site_ = std::make_unique<agent::Site>(*network_, log_);
  site_->answer("api@internal", [this](const agent::Question& question) {
    return api_ == nullptr ? agent::Reply::not_found() : api_->answer(question);
  });
  site_->answer("dashboard@internal", [this](const agent::Question& question) {
    return api_ == nullptr ? agent::Reply::not_found() : api_->answer_dashboard(question);
  });
  site_->answer("prometheus@internal",
                [this](const agent::Question& question) { return answer_metrics(question); });
  if (!site_->listen(std::exchange(input_.agent_listener, -1)))
    return Error{Errc::io, "", "the kernel refuses to watch the socket of the agent"};
  network_->turn();
  return success();
}

// At the start and at each reload; what has not changed goes on as if nothing had been.
Status Agent::take_configuration(const runtime::Bundle& bundle) {
  PM_TRY(config::Config config, config::decode(bundle.config()));
  std::vector<std::string> hosts;
  for (const config::At<std::string>& host : server_hosts(config))
    hosts.push_back(host.value);
  resolver_->set_stale_for(std::chrono::ceil<std::chrono::seconds>(config.fixed.stale_dns_for));
  resolver_->set_names(std::move(hosts));
  expiry_ = std::make_unique<agent::ExpiryAlarm>(loop_.uv(), log_, watched_certificates(config));
  probes_->set_probes(runtime::make_probes(
      config, [&config](std::string_view service) { return is_usable(config, service); }));
  pools_->sweep();
  network_->turn();
  if (metrics_ != nullptr) metrics_->take(config);
  if (!config.fixed.api) {
    api_.reset();
    return success();
  }
  if (api_ == nullptr) {
    api_ = std::make_unique<agent::Api>(agent::Api::Options{.version = std::string(build_version),
                                                            .started = std::time(nullptr),
                                                            .types = types_,
                                                            .health = &input_.zones->health()});
  }
  api_->take(std::move(config));
  return success();
}

void Agent::take_configuration(const Message& message) {
  const auto serial = message.as<std::uint64_t>();
  if (!serial || message.fds.size() != 1) return;
  const auto bundle = runtime::Bundle::open(message.fds[0].number());
  const bool is_taken = bundle && take_configuration(*bundle);
  os::give_back_free_memory();
  loop_.channel().send(MessageType::applied, body_of(Applied{*serial, is_taken ? 1u : 0u}));
}

agent::Reply Agent::answer_metrics(const agent::Question& question) {
  if (metrics_ == nullptr) return agent::Reply::not_found();
  own_figures_->report(input_.usage->read(), os::open_descriptors(),
                       input_.usage->most_descriptors());
  return metrics_->answer(question);
}

// Connections are freed at the end of a turn, while those that they belong to are still there.
void Agent::close_network() {
  if (site_ != nullptr) site_->stop();
  probes_.reset();
  pools_->close_idle();
  network_->turn();
  site_.reset();
  pools_.reset();
  connector_.reset();
  flusher_.reset();
  network_->turn();
  gate_.reset();
  network_.reset();
}

int Agent::fail(const Error& error) {
  log_.error("cannot start: " + to_string(error));
  return exit_failed;
}

// Its successor is at work already; what workers have asked this one, it still answers.
void Agent::drain() {
  if (site_ == nullptr) return loop_.leave();
  resolver_->stop();
  expiry_.reset();
  site_->drain(silence_ms, drain_limit_ms, [this] { loop_.leave(); });
}

void Agent::on_message(Message message) {
  if (message.type == MessageType::stop) loop_.leave();
  if (message.type == MessageType::drain) drain();
  if (message.type == MessageType::configuration) take_configuration(message);
  if (message.type != MessageType::logs || message.fds.empty()) return;
  error_log_ = std::move(message.fds[0]);
  sink_.set_fd(error_log_.number());
  if (input_.is_daemon) ::dup2(error_log_.number(), STDERR_FILENO);
}

}  // namespace

int run_agent(ChildInput input) {
  enter_child(input, "agent process", os::SandboxKind::reading);
  const auto agent = std::make_unique<Agent>(std::move(input));
  return agent->run();
}

}  // namespace pm::process
