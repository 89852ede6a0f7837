// SPDX-License-Identifier: MIT
#include "process/serve.h"

#include "core/text.h"
#include "process/load_guard.h"
#include "process/master.h"

#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <memory>
#include <vector>

#include <unistd.h>

namespace pm::process {
namespace {

int fail(int exit_code, const std::string& message) {
  if (!message.empty()) fmt::print(stderr, "pointsman: error: {}\n", message);
  return exit_code;
}

std::string reason_of(const LoadOutcome& load) {
  const auto refusal = load.refusal.is_open() ? runtime::Bundle::open(load.refusal.number())
                                              : Result<runtime::Bundle>(Error{});
  const std::string reason = load.message.empty() ? "the configuration is refused" : load.message;
  return refusal ? first_error(*refusal).value_or(reason) : reason;
}

}  // namespace

int serve(const Command& command, const runtime::Modules& modules, os::ProcessTitle& title,
          Program program, std::optional<Heritage> heritage) {
  // Before another descriptor has one of their numbers.
  std::vector<PassedSocket> passed = take_passed_sockets(command.environment, ::getpid());
  auto signals =
      os::SignalFd::block({SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2, SIGWINCH, SIGCHLD});
  if (!signals) return fail(exit_internal, to_string(signals.error()));
  os::ignore_signal(SIGALRM);
  os::ignore_signal(SIGSYS);

  LoadOutcome load = load_in_child(command, modules, *signals);
  if (!load.bundle.is_open()) {
    if (heritage) heritage->channel.send(MessageType::failed, reason_of(load));
    return fail(load.exit_code, load.message);
  }
  Result<Configuration> configuration = Configuration::open(std::move(load));
  if (!configuration)
    return fail(exit_internal, "the loader's result is refused: " + configuration.error().what);

  StartReport report;
  if (heritage) {
    if (heritage->is_daemon) report = StartReport::of_daemon();
  } else if (configuration->bundle.plan().daemon == runtime::Choice::yes) {
    Result<StartReport> detached = StartReport::detach();
    if (!detached) return fail(exit_internal, to_string(detached.error()));
    report = std::move(detached).value();
    // What the caller left open (a pipe that somebody waits on) must not stay open for years.
    std::vector<int> keep{signals->number(), report.pipe(), configuration->bundle_fd.number(),
                          configuration->agent_fd.number()};
    for (const PassedSocket& socket : passed)
      keep.push_back(socket.fd.number());
    os::close_all_but(keep);
  }
  title.set("pointsman: master process " + text::join(program.arguments, " "));
  const auto master = std::make_unique<Master>(
      MasterInput{command, modules, title, *signals, std::move(configuration).value(),
                  std::move(report), std::move(program), std::move(heritage), std::move(passed)});
  return master->run();
}

}  // namespace pm::process
