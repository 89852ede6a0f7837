// SPDX-License-Identifier: MIT
// serve.h -- `pointsman` without another command: reads the configuration, leaves the terminal if asked, becomes the master.
//
//   out     the exit code, after the last child has ended
//   source  operations.md sections 1 and 3
#pragma once

#include "os/title.h"
#include "process/cli.h"
#include "runtime/modules.h"

#include <string>

namespace pm::process {

// `command_line`: as typed, for the master's title.
int serve(const Command& command, const runtime::Modules& modules, os::ProcessTitle& title,
          const std::string& command_line);

}  // namespace pm::process
