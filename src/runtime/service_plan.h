// SPDX-License-Identifier: MIT
// service_plan.h -- the services of a configuration, judged: which can be made, and of what.
//
//   in      a Config and the balancers of this build
//   out     a plan for each service by its qualified name, and its standing; a finding for everything that breaks one
//   own     plain data that borrows from the Config and the module table
//   errors  findings of severity "broken": the service and the routers that use it are disabled (decision 9)
//   source  http-services.md sections 1 to 3.1 and 6
#pragma once

#include "config/dynamic_model.h"
#include "config/findings.h"
#include "routing/build.h"
#include "runtime/modules.h"
#include "runtime/tls_plan.h"
#include "upstream/server_url.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace pm::runtime {

struct ServicePlan {
  const config::Service* source = nullptr;
  routing::Standing standing = routing::Standing::usable;
  // loadBalancer
  const upstream::BalancerModule* balancer = nullptr;
  const config::ServersTransport* transport = nullptr;
  std::vector<upstream::ServerUrl> urls;  // beside LoadBalancer::servers
  // weighted
  std::vector<std::string> children;     // qualified, beside Weighted::services
  std::vector<std::string> middlewares;  // qualified, in order
};

using ServicePlans = std::map<std::string, ServicePlan, std::less<>>;

struct ServicePlanInput {
  const config::Config& config;
  const Modules& modules;
  const TransportPlans& transports;
  routing::Judge middleware;
};
ServicePlans plan_services(const ServicePlanInput& input, config::Findings& findings);

}  // namespace pm::runtime
