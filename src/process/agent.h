// SPDX-License-Identifier: MIT
// agent.h -- the life of the agent: it looks names up and publishes their addresses, for as long as there is a master.
//
//   in      what the master lends at fork; the names are the hosts of all server URLs
//   out     the exit code: 0 when it was told to stop or the master is gone
//   source  architecture.md section 1, decisions 29 and 52
#pragma once

#include "process/child_start.h"

namespace pm::process {

int run_agent(ChildInput input);

}  // namespace pm::process
