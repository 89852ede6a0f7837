// SPDX-License-Identifier: MIT
// plan_maker.h -- what the master must know of a Config, taken out of it: names looked up, paths made absolute.
//
//   in      a checked Config, the folder that relative paths count from, whether we are root
//   out     the Plan and its addresses
//   errors  an unknown user, a host name without address, a text too long for its place, a bad workers or
//           workerCpuAffinity: errors in the findings, false
//   cost    asks the system's name service for hosts and users, so never in the master
//   source  operations.md sections 3 and 4, decisions 23 and 34
#pragma once

#include "config/dynamic_model.h"
#include "config/findings.h"
#include "runtime/bundle.h"

#include <string>

namespace pm::process {

struct PlanInput {
  const config::Config& config;
  std::string config_path;
  std::string base;  // absolute; where relative paths begin
  bool is_root = false;
  unsigned cores = 1;
};

bool make_plan(const PlanInput& input, runtime::BundleContent& out, config::Findings& findings);
std::string absolute_path(const std::string& base, const std::string& path);  // "" stays ""

}  // namespace pm::process
