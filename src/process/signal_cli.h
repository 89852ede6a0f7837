// SPDX-License-Identifier: MIT
// signal_cli.h -- `pointsman -s stop|quit|reopen`: finds the running master through its pid file and signals it.
//
//   out     exit codes: 0 done, 3 no running instance, 4 refused or not done in time, 6 not allowed
//   cost    the configuration is read by a confined child, for the path of the pid file only; a broken one does not
//           hinder a stop
//   source  operations.md section 1, decision 19
#pragma once

#include "process/cli.h"

namespace pm::process {

int signal_master(const Command& command);

}  // namespace pm::process
