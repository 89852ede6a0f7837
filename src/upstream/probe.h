// SPDX-License-Identifier: MIT
// probe.h -- one server's health check: what is asked, and what a good answer is.
//
//   shape   plain values, made from the healthCheck of a service for each of its servers. Two that are equal ask the same
//   own     values, and a share of the plan of its pool
//   source  http-services.md section 5.1
#pragma once

#include "upstream/pool_book.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace pm::upstream {

struct Probe {
  static constexpr int most_redirects = 10;

  std::string service;  // qualified
  std::string server;   // its URL as configured: what the state is filed under
  std::string url;      // of the first request; "": there can be none, and every check fails
  std::string host;     // the Host to send; "": that of the URL
  std::string method = "GET";
  std::map<std::string, std::string> headers;
  std::int64_t status = 0;  // 0: any from 200 to 399
  bool follow_redirects = true;
  bool is_grpc = false;  // grpc.health.v1.Health/Check, for the server as a whole
  std::uint64_t interval_ms = 30000;
  std::uint64_t unhealthy_interval_ms = 30000;
  std::uint64_t timeout_ms = 5000;
  std::shared_ptr<PoolPlan> pool;

  bool is_good(std::uint16_t answer) const noexcept {
    return status != 0 ? answer == status : answer >= 200 && answer < 400;
  }
};

bool asks_the_same(const Probe& a, const Probe& b);

}  // namespace pm::upstream
