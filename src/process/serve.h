// SPDX-License-Identifier: MIT
// serve.h -- `pointsman` without another command: reads the configuration, leaves the terminal if asked, becomes the master.
//
//   out     the exit code, after the last child has ended
//   source  operations.md sections 1 and 3
#pragma once

#include "os/title.h"
#include "process/cli.h"
#include "process/handoff.h"
#include "runtime/modules.h"

#include <optional>

namespace pm::process {

// `program`: this one, as it was called. `heritage`: of the program before, which starts this one to take its place.
int serve(const Command& command, const runtime::Modules& modules, os::ProcessTitle& title,
          Program program, std::optional<Heritage> heritage);

}  // namespace pm::process
