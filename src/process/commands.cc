// SPDX-License-Identifier: MIT
#include "process/commands.h"

#include "config/dump.h"
#include "config/manual.h"
#include "config/schema.h"
#include "process/build_paths.h"
#include "process/loader.h"
#include "process/redact.h"
#include "process/server_hosts.h"
#include "process/usage.h"
#include "runtime/middleware_plan.h"
#include "runtime/server.h"

#include <fmt/format.h>

#include <cstdio>
#include <string_view>

namespace pm::process {
namespace {

using config::Severity;

int print(std::string_view text) {
  const bool whole = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  return whole && std::fflush(stdout) == 0 ? exit_success : exit_failed;
}

void complain(std::string_view line) {
  fmt::print(stderr, "pointsman: error: {}\n", line);
}

bool passes(const Command& command, const Loaded& loaded) {
  const config::Findings& findings = loaded.findings;
  if (!loaded.usable || findings.has_errors() || findings.count(Severity::broken) > 0) return false;
  return !command.strict || findings.all().empty();
}

void report(const Command& command, const Loaded& loaded) {
  if (command.format == ReportFormat::json) {
    print(loaded.findings.json() + "\n");
    return;
  }
  for (const std::string& notice : loaded.result.notices) {
    if (!command.quiet) fmt::print(stderr, "pointsman: notice: {}\n", notice);
  }
  fmt::print(stderr, "{}", loaded.findings.text(command.quiet));
}

// nginx's two lines. The syntax is ok when every document could be decoded.
void print_verdict(const Command& command, const Loaded& loaded) {
  if (command.format == ReportFormat::json) return;
  const std::string& path = loaded.result.path;
  const bool passed = passes(command, loaded);
  const bool is_decoded = loaded.usable && !loaded.findings.has_errors();
  if (is_decoded && !command.quiet) {
    fmt::print(stderr, "pointsman: the configuration file {} syntax is ok\n", path);
  }
  if (passed && command.quiet) return;
  fmt::print(stderr, "pointsman: configuration file {} test {}\n", path,
             passed ? "is successful" : "failed");
}

void dump(const Command& command, const Loaded& loaded) {
  switch (command.dump) {
    case Dump::none: return;
    case Dump::files:
      for (const config::FileRead& file : loaded.result.files) {
        const std::string text = command.show_secrets ? file.text : redacted(file.text);
        print(fmt::format("# configuration file {}:\n{}{}", file.path, text,
                          text.ends_with('\n') ? "" : "\n"));
      }
      return;
    case Dump::effective: {
      config::DumpOptions options;
      options.origins = &loaded.result.origins;
      options.show_secrets = command.show_secrets;
      print(config::dump(loaded.result.config, options));
      return;
    }
  }
}

bool confine(const Caller& caller) {
  const Status confined = confine_reader(caller);
  if (!confined) complain(to_string(confined.error()));
  return confined.has_value();
}

// One line each, since they end up in a header list or a log; only what was loaded in good order explains anything.
bool load_or_complain(const Command& command, const runtime::Modules& modules, Loaded& loaded) {
  const Caller caller = Caller::current();
  if (!confine(caller)) return false;
  loaded = load_configuration(command, modules, caller);
  if (!loaded.usable) fmt::print(stderr, "{}", loaded.findings.text());
  return loaded.usable;
}

}  // namespace

int test(const Command& command, const runtime::Modules& modules) {
  const Caller caller = Caller::current();
  if (!confine(caller)) return exit_no_privilege;
  Loaded loaded = load_configuration(command, modules, caller);
  if (loaded.usable) warn_of_unknown_hosts(loaded.result.config, loaded.findings);
  report(command, loaded);
  print_verdict(command, loaded);
  dump(command, loaded);
  return passes(command, loaded) ? exit_success : exit_failed;
}

int explain(const Command& command, const runtime::Modules& modules) {
  Loaded loaded;
  if (!load_or_complain(command, modules, loaded)) return exit_failed;
  runtime::ExplainInput input;
  input.method = command.explain.method;
  input.url = command.explain.url;
  input.headers = command.explain.headers;
  const std::string answer = runtime::explain(loaded.result.config, modules, input);
  if (answer.empty()) {
    complain("no router matches");
    return exit_failed;
  }
  return print(answer.ends_with('\n') ? answer : answer + "\n");
}

int print_schema() {
  return print(config::schema() + "\n");
}

int print_manual(const runtime::Modules& modules) {
  using config::ManualPart;
  struct List {
    std::string_view name;
    ManualPart part;
  };
  static constexpr List lists[] = {
      {"process", ManualPart::process},
      {"entryPoints", ManualPart::entry_points},
      {"providers", ManualPart::providers},
      {"observability", ManualPart::observability},
      {"static", ManualPart::other_static},
      {"routers", ManualPart::routers},
      {"services", ManualPart::services},
      {"middlewares", ManualPart::middlewares},
      {"serversTransports", ManualPart::servers_transports},
      {"tls", ManualPart::tls},
      {"dynamic", ManualPart::other_dynamic},
  };
  const std::vector<config::MiddlewareType> types = runtime::middleware_types(modules);
  std::string out;
  for (const List& list : lists) {
    const std::string options = config::manual_options(list.part, types);
    out += fmt::format(".\\\" begin {0}\n{1}.\\\" end {0}\n", list.name, options);
  }
  return print(out);
}

int print_help() {
  return print(help_text());
}

int print_version() {
  return print(version_text(build_version));
}

}  // namespace pm::process
