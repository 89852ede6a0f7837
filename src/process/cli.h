// SPDX-License-Identifier: MIT
// cli.h -- the command line as a value: what is asked for, or the sentence that refuses it.
//
//   in      arguments without the program's name, and the environment
//   out     a Command; an Error is wrong usage: its `what` follows "pointsman: " on standard error, exit code 2
//   cost    pure: opens nothing, asks nobody
//   source  operations.md section 1 (nginx's letters, Traefik's flags), static-config.md section 1
#pragma once

#include "config/load.h"
#include "core/result.h"

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace pm::process {

enum ExitCode : int {
  exit_success = 0,
  exit_failed = 1,        // test or start failed
  exit_usage = 2,         // wrong usage
  exit_not_running = 3,   // -s: no running instance
  exit_refused = 4,       // -s --wait: refused by the running instance
  exit_cannot_bind = 5,   //
  exit_no_privilege = 6,  //
  exit_internal = 70,     //
};

enum class Action : std::uint8_t {
  serve,
  test,        // -t -T -TT check-config
  signal,      // -s
  version,     // -v
  build_info,  // -V
  help,        // -h
  healthcheck,
  explain,
  schema,
  manual,  // the option lists of pointsman.yaml(5)
  generate_certs,
};

enum class SignalCommand : std::uint8_t { stop, quit, reopen, reload, upgrade, rollback };
enum class Dump : std::uint8_t { none, files, effective };
enum class ReportFormat : std::uint8_t { text, json };

struct Explain {
  std::string method;
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;  // -H 'Name: value'
};

struct Command {
  Action action = Action::serve;
  Dump dump = Dump::none;
  SignalCommand signal = SignalCommand::stop;
  std::optional<std::chrono::nanoseconds> wait;  // --wait; none: wait only on a terminal
  bool quiet = false;                            // -q
  bool strict = false;                           // warnings count as errors
  bool show_secrets = false;
  ReportFormat format = ReportFormat::text;
  std::string error_log;  // -e: a path or "stderr"; "" when not given
  std::string config_path;
  std::string prefix;
  std::vector<std::string> directives;    // -g, in order
  std::vector<config::StaticFlag> flags;  // --a.b=c, and what -w -l -d -D -f stand for
  config::Environment environment;
  Explain explain;
  std::string certificate_folder;              // --generate-certs; "": the working directory
  std::vector<std::string> certificate_hosts;  // --hosts; empty: this machine's names
};

Result<Command> parse_command_line(std::span<const std::string> arguments,
                                   const config::Environment& environment);

// What load() needs of it. `default_path` is the compiled-in one; `uid` that of the caller.
config::LoadRequest load_request(const Command& command, std::string default_path,
                                 std::uint32_t uid);

}  // namespace pm::process
