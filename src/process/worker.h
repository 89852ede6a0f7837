// SPDX-License-Identifier: MIT
// worker.h -- the life of a worker: the data plane on one loop, and an ear for the master.
//
//   in      what the master lends at fork
//   out     the exit code: 0 when it was told to stop or has drained, also after the master is gone
//   own     its loop, its Config, its end of the channel, its listeners
//   source  architecture.md sections 1 and 8, operations.md section 3
#pragma once

#include "process/child_start.h"

namespace pm::process {

int run_worker(ChildInput input);

}  // namespace pm::process
