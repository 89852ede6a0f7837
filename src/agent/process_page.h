// SPDX-License-Identifier: MIT
// process_page.h -- the families of processes: what all of ours use together, and each worker by its index.
//
//   in      sums of what they report of themselves
//   out     process_*, pointsman_workers, pointsman_worker_*
//   source  observability.md sections 1.2 and 1.4, decision 65
#pragma once

#include "agent/exposition.h"
#include "agent/metric_sums.h"

#include <vector>

namespace pm::agent {

void write_processes(const std::vector<Sum>& sums, Exposition& out);
void write_workers(const std::vector<Sum>& sums, Exposition& out);

}  // namespace pm::agent
