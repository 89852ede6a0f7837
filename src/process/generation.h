// SPDX-License-Identifier: MIT
// generation.h -- one configuration in the master's hands: two Bundles, their descriptors, the logs that they ask for.
//
//   own     everything here; mappings go in a child with what it does not need
//   source  decisions 23 and 24, operations.md section 6
#pragma once

#include "core/result.h"
#include "os/fd.h"
#include "process/load_guard.h"
#include "runtime/bundle.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace pm::process {

// What a loader has made. The descriptors stay open, to be passed to those who run.
struct Configuration {
  runtime::Bundle bundle;        // of workers
  runtime::Bundle agent_bundle;  // the same without keys
  os::Fd bundle_fd;
  os::Fd agent_fd;
  std::chrono::system_clock::time_point read{};  // when its files were looked at first

  static Result<Configuration> open(LoadOutcome outcome) {
    PM_TRY(runtime::Bundle bundle, runtime::Bundle::open(outcome.bundle.number()));
    PM_TRY(runtime::Bundle agent_bundle, runtime::Bundle::open(outcome.agent_bundle.number()));
    return Configuration{std::move(bundle), std::move(agent_bundle), std::move(outcome.bundle),
                         std::move(outcome.agent_bundle), outcome.began};
  }
};

// For who waits at a command line; the log has all of them.
std::optional<std::string> first_error(const runtime::Bundle& bundle);

struct Generation {
  Configuration configuration;
  unsigned number = 0;       // of the static part
  std::uint64_t serial = 0;  // of the dynamic one, counted over all generations
  unsigned workers =
      1;  // the static part's, also when the dynamic one has come from a file that says otherwise

  const runtime::Plan& plan() const { return configuration.bundle.plan(); }
};

}  // namespace pm::process
