// SPDX-License-Identifier: MIT
#include "upstream/probe.h"

#include <tuple>

namespace pm::upstream {

bool asks_the_same(const Probe& a, const Probe& b) {
  const auto facts = [](const Probe& probe) {
    return std::tie(probe.service, probe.server, probe.url, probe.host, probe.method, probe.headers,
                    probe.status, probe.follow_redirects, probe.is_grpc, probe.interval_ms,
                    probe.unhealthy_interval_ms, probe.timeout_ms, probe.pool->key);
  };
  return facts(a) == facts(b);
}

}  // namespace pm::upstream
