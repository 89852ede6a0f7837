// SPDX-License-Identifier: MIT
// server_metrics.h -- traefik_service_server_up: the states of servers as Prometheus reads them.
//
//   in      the checks
//   out     text of format 0.0.4; servers without a check are not in it
//   source  observability.md section 1.2
#pragma once

#include "agent/probe_runner.h"
#include "agent/reply.h"

namespace pm::agent {

Reply server_metrics(const ProbeRunner& probes);

}  // namespace pm::agent
