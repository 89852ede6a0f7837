// SPDX-License-Identifier: MIT
// summary.h -- what has been started, in one line: for a person at a terminal, or as JSON for whoever collects logs.
//
//   source  operations.md sections 4 ("limits in effect") and 11
#pragma once

#include "runtime/plan.h"

#include <string>
#include <utility>
#include <vector>

namespace pm::process {

struct Summary {
  std::vector<std::pair<std::string, std::string>> entry_points;  // name, address
  unsigned workers = 0;
  std::uint32_t worker_connections = 0;
  std::uint64_t open_files = 0;
  std::uint64_t accept_queue = 0;
  runtime::PlanSummary counts;
};

std::string summary_text(
    const Summary& summary);  // "pointsman 0.1.0: 4 workers · web :80 · 12 routers, 5 services"
std::string limits_text(
    const Summary& summary);  // "8 workers, 65536 connections each, nofile 1048576, ..."
// What a reload has changed: "+2 routers, ~1 service, -1 middleware, 0 warnings".
std::string change_text(const runtime::Plan& plan);
std::string summary_json(const Summary& summary);  // one object, no "\n"

}  // namespace pm::process
