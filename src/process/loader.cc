// SPDX-License-Identifier: MIT
#include "process/loader.h"

#include "config/codec.h"
#include "config/compare.h"
#include "config/contents.h"
#include "core/random.h"
#include "core/text.h"
#include "os/affinity.h"
#include "os/limits.h"
#include "os/user.h"
#include "process/build_paths.h"
#include "process/disk_reader.h"
#include "process/plan_maker.h"
#include "runtime/middleware_plan.h"
#include "runtime/server.h"
#include "runtime/tls_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <ctime>

#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace pm::process {
namespace {

constexpr unsigned processor_seconds = 30;
constexpr std::uint64_t address_space = std::uint64_t{8} << 30;

std::string working_folder() {
  char path[4096];
  return ::getcwd(path, sizeof path) != nullptr ? path : "/";
}

void count_findings(const config::Findings& findings, runtime::PlanSummary& summary) {
  using config::Severity;
  summary.warnings = static_cast<std::uint32_t>(findings.count(Severity::warning));
  summary.errors = static_cast<std::uint32_t>(findings.count(Severity::error) +
                                              findings.count(Severity::broken));
}

// What stops a start is written to the error log of the command line, too; later the master's log takes over. Opened
// before the loader gives up the right to do so.
os::Fd open_early_log(const Command& command) {
  if (command.error_log.empty() || command.error_log == "stderr") return {};
  const std::string path = absolute_path(base_folder(command), command.error_log);
  Result<os::Fd> file = os::open_file(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK, 0640);
  if (file) return std::move(file).value();
  fmt::print(stderr, "pointsman: error: {}\n", to_string(file.error()));
  return {};
}

// For the API, which shows each object with what was found of it.
config::TextMap verdicts_of(const config::Findings& findings) {
  config::TextMap verdicts;
  for (const config::Verdict& verdict : findings.verdicts()) {
    std::string& lines = verdicts[verdict.object];
    if (!lines.empty()) lines += '\n';
    lines += verdict.severity == config::Severity::warning ? 'w' : 'e';
    lines += text::replace_all(verdict.what, "\n", " ");
  }
  return verdicts;
}

Status write_bundles(const BundleFds& to, Loaded& loaded) {
  runtime::BundleContent for_agent = loaded.bundle;
  loaded.bundle.watch = std::move(loaded.result.watch);
  for (config::FileRead& document : loaded.result.documents)
    loaded.bundle.documents.push_back({std::move(document.path), std::move(document.text)});
  loaded.bundle.config = config::encode(loaded.result.config);
  PM_TRY([[maybe_unused]] auto written,
         runtime::write_bundle(to.workers, std::move(loaded.bundle)));
  config::drop_keys(loaded.result.config);
  loaded.result.config.dynamic.verdicts = verdicts_of(loaded.findings);
  for_agent.config = config::encode(loaded.result.config);
  return runtime::write_bundle(to.agent, std::move(for_agent));
}

// Certificates, keys, authorities: read and judged here, since workers open no files.
void read_named_files(const Command& command, const Caller& caller, DiskReader& reader,
                      config::MiddlewareTypes types, Loaded& loaded) {
  config::Config& config = loaded.result.config;
  const std::string_view wish = text::trim(config.fixed.user.value);
  os::Identity service = os::default_identity(paths::user);
  if (!wish.empty()) {
    const auto named = os::find_identity(wish.substr(0, wish.find(' ')), "");
    if (named) service = *named;  // or the plan says that there is none
  }
  config::read_contents(config, reader,
                        {.base = base_folder(command),
                         .caller = caller.uid,
                         .service = caller.is_root ? service.uid : caller.uid,
                         .middleware_types = types},
                        loaded.findings);
  config::read_system_authorities(config, reader, command.environment, loaded.findings);
  runtime::inspect_certificates(config, loaded.findings, std::time(nullptr));
}

// What is in force, as far as the next configuration has to do with it.
struct Previous {
  config::Config config;
  bool is_there = false;
};

Previous read_previous(const LoadOrder& order) {
  Previous previous;
  if (order.previous == nullptr) return previous;
  auto config = config::decode(order.previous->config());
  if (!config) return previous;  // of another build
  previous.config = std::move(config).value();
  previous.is_there = true;
  return previous;
}

// What a loader makes up is made once: sessions, nonces and clients that trust a certificate outlive a reload.
void carry_over(config::Dynamic& dynamic, const Previous& previous) {
  const config::Dynamic& before = previous.config.dynamic;
  dynamic.shared_secret = before.shared_secret;
  dynamic.generated_certificate = before.generated_certificate;
  dynamic.generated_key = before.generated_key;
  if (!dynamic.shared_secret.empty()) return;
  dynamic.shared_secret.resize(32);
  fill_secret(dynamic.shared_secret.data(), dynamic.shared_secret.size());
}

runtime::PlanChanges counts_of(const config::Changes& changes) {
  return {changes.added, changes.changed, changes.removed};
}

runtime::PlanComparison compare(const Previous& previous, const config::Config& config) {
  runtime::PlanComparison comparison;
  comparison.static_differs = config::same_static(previous.config.fixed, config.fixed) ? 0 : 1;
  const config::DynamicChanges changes = config::compare(previous.config.dynamic, config.dynamic);
  comparison.dynamic_differs = changes.any ? 1 : 0;
  comparison.routers = counts_of(changes.routers);
  comparison.services = counts_of(changes.services);
  comparison.middlewares = counts_of(changes.middlewares);
  return comparison;
}

}  // namespace

Caller Caller::current() noexcept {
  return {static_cast<std::uint32_t>(::getuid()), os::is_root()};
}

std::string base_folder(const Command& command) {
  return command.prefix.empty() ? working_folder()
                                : absolute_path(working_folder(), command.prefix);
}

Loaded load_configuration(const Command& command, const runtime::Modules& modules,
                          const Caller& caller, const LoadOrder& order) {
  Loaded loaded;
  const Previous previous = read_previous(order);
  DiskReader reader(caller.is_root ? Trust::not_world_writable : Trust::any_file);
  const std::vector<config::MiddlewareType> types = runtime::middleware_types(modules);
  config::LoadRequest request =
      load_request(command, std::string(paths::configuration), caller.uid);
  request.middleware_types = types;
  request.now = std::chrono::system_clock::now();
  if (order.previous != nullptr) {
    for (runtime::Document& document : order.previous->documents())
      request.last_good.push_back({std::move(document.path), std::move(document.text)});
  }
  loaded.result = config::load(request, reader, loaded.findings);
  if (!loaded.result.usable) return loaded;

  config::Config& config = loaded.result.config;
  carry_over(config.dynamic, previous);
  read_named_files(command, caller, reader, types, loaded);
  if (previous.is_there) loaded.bundle.plan.comparison = compare(previous, config);
  // The rest is judged by the entry points that there are.
  if (order.occasion == Occasion::change && loaded.bundle.plan.comparison.static_differs != 0)
    config.fixed = previous.config.fixed;
  runtime::check(config, modules, loaded.findings);
  const PlanInput input{loaded.result.config, loaded.result.path, base_folder(command),
                        caller.is_root, os::usable_cores()};
  loaded.usable = make_plan(input, loaded.bundle, loaded.findings);
  if (command.strict && !loaded.findings.all().empty()) loaded.usable = false;
  count_findings(loaded.findings, loaded.bundle.plan.summary);
  loaded.bundle.plan.is_being_written = loaded.result.is_being_written ? 1 : 0;
  return loaded;
}

Status confine_reader(const Caller& caller) {
  if (caller.is_root) {
    PM_TRY([[maybe_unused]] auto changed, os::become_reader(os::default_identity(paths::user)));
  }
  PM_TRY([[maybe_unused]] auto forbidden, os::forbid_new_privileges());
  os::forbid_dumps();
  os::limit_processor_time(processor_seconds);
  os::limit_address_space(address_space);
  return success();
}

namespace {

void print(const Loaded& loaded, const std::string& findings) {
  for (const std::string& notice : loaded.result.notices) {
    fmt::print(stderr, "pointsman: notice: {}\n", notice);
  }
  fmt::print(stderr, "{}", findings);
}

// The master reads the findings of a load that is refused as those of one that is not.
Status write_refusal(const BundleFds& to, const config::Findings& findings) {
  runtime::BundleContent refusal;
  refusal.plan.refused = 1;
  refusal.findings = runtime::encode_findings(findings);
  return runtime::write_bundle(to.workers, std::move(refusal));
}

}  // namespace

int run_loader(const BundleFds& bundles, const Command& command, const runtime::Modules& modules,
               const LoadOrder& order) {
  const Caller caller = Caller::current();
  const pid_t master = ::getppid();
  const os::Fd early_log = open_early_log(command);
  const Status confined = confine_reader(caller);
  // The signal is forgotten when the user changes, so it is asked for afterwards.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (::getppid() != master) return exit_internal;
  if (!confined) {
    fmt::print(stderr, "pointsman: error: {}\n", to_string(confined.error()));
    return exit_no_privilege;
  }

  Loaded loaded = load_configuration(command, modules, caller, order);
  if (order.occasion == Occasion::start) {
    const std::string findings = loaded.findings.text();
    print(loaded, findings);
    if (!loaded.usable && early_log.is_open()) (void)os::write_all(early_log.number(), findings);
  }
  if (!loaded.usable) {
    const Status told = write_refusal(bundles, loaded.findings);
    return told ? exit_failed : exit_internal;
  }

  loaded.bundle.findings = runtime::encode_findings(loaded.findings);
  const Status written = write_bundles(bundles, loaded);
  if (written) return exit_success;
  fmt::print(stderr, "pointsman: error: {}\n", to_string(written.error()));
  return exit_failed;
}

}  // namespace pm::process
