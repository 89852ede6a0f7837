// SPDX-License-Identifier: MIT
// server_hosts.h -- the host names that a configuration's servers are reached by.
//
//   in      a Config
//   out     each name once, with the place of the first URL that has it; addresses are left out
//   cost    warn_of_unknown_hosts() asks the system's name service, for five seconds in all: for -t only
//   source  decisions 14 and 52
#pragma once

#include "config/dynamic_model.h"
#include "config/findings.h"

#include <string>
#include <vector>

namespace pm::process {

std::vector<config::At<std::string>> server_hosts(const config::Config& config);
void warn_of_unknown_hosts(const config::Config& config, config::Findings& findings);

}  // namespace pm::process
