// SPDX-License-Identifier: MIT
// main.cc -- reads the command line and picks a role.
#include "config/environment.h"
#include "os/inspect.h"
#include "os/title.h"
#include "process/cli.h"
#include "process/commands.h"
#include "process/generate_certs.h"
#include "process/handoff.h"
#include "process/health.h"
#include "process/serve.h"
#include "process/signal_cli.h"
#include "runtime/modules.h"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

namespace pm::process {
namespace {

int play(const Command& command, os::ProcessTitle& title, Program program,
         std::optional<Heritage> heritage) {
  switch (command.action) {
    case Action::serve:
      return serve(command, all_modules, title, std::move(program), std::move(heritage));
    case Action::test: return test(command, all_modules);
    case Action::signal: return signal_master(command);
    case Action::version: return print_version();
    case Action::build_info: return print_build_info(all_modules);
    case Action::help: return print_help();
    case Action::healthcheck: return ask_health(command, all_modules);
    case Action::explain: return explain(command, all_modules);
    case Action::schema: return print_schema();
    case Action::manual: return print_manual(all_modules);
    case Action::generate_certs: return generate_certs(command);
  }
  return exit_internal;
}

}  // namespace
}  // namespace pm::process

int main(int argc, char** argv) {
  using namespace pm;
  const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  process::Program program;
  program.path = os::program_path();
  program.arguments.assign(argv, argv + argc);
  auto heritage = process::receive_heritage();  // before the environment is looked at for options
  if (!heritage) {
    fmt::print(stderr, "pointsman: error: {}\n", to_string(heritage.error()));
    return process::exit_internal;
  }
  auto command = process::parse_command_line(arguments, config::Environment::from(environ));
  if (!command) {
    fmt::print(stderr, "pointsman: {}\n", command.error().what);
    return process::exit_usage;
  }
  os::ProcessTitle title(argv);
  return process::play(*command, title, std::move(program), std::move(heritage).value());
}
