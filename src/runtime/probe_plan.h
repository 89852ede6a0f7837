// SPDX-License-Identifier: MIT
// probe_plan.h -- the health checks of a configuration: judged where services are judged, made where they are run.
//
//   in      a service with a healthCheck; for make_probes() a whole Config, and which services can be used
//   out     what breaks the service, and warnings; a probe for each server of each usable service
//   errors  what cannot be checked at all breaks the service. What Traefik takes and repairs (an interval of nothing) is a
//           warning
//   source  http-services.md section 5.1
#pragma once

#include "config/dynamic_model.h"
#include "config/findings.h"
#include "upstream/probe.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace pm::runtime {

// What is wrong with a check: behind "service x" and with what to do.
struct CheckFault {
  config::Severity severity = config::Severity::broken;
  config::Mark mark;
  std::string what;
  std::string advice;
};
std::vector<CheckFault> judge_check(const config::HealthCheck& check,
                                    const config::ServersTransport* transport);

using IsUsable = std::function<bool(std::string_view qualified_service)>;
std::vector<upstream::Probe> make_probes(const config::Config& config, const IsUsable& is_usable);

}  // namespace pm::runtime
