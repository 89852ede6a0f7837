// SPDX-License-Identifier: MIT
// health.h -- `pointsman healthcheck`: asks /ping of the instance that the configuration describes.
//
//   out     "OK: http://127.0.0.1:8080/ping" and 0, or a sentence and 1
//   cost    at most 5 s
//   source  static-config.md section 1, sub-commands
#pragma once

#include "process/cli.h"
#include "runtime/modules.h"

namespace pm::process {

int ask_health(const Command& command, const runtime::Modules& modules);

}  // namespace pm::process
