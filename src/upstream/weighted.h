// SPDX-License-Identifier: MIT
// weighted.h -- a service of services: each request goes to one child, as often as the weights say.
//
//   in      children (services of the same worker, which outlive this one) and their weights
//   out     503 "no available server" when no child may be used
//   cost    O(1) a request
//   source  http-services.md section 3.1
#pragma once

#include "http/service.h"
#include "upstream/live.h"
#include "upstream/schedule.h"

#include <vector>

namespace pm::upstream {

class Weighted final : public http::Service, public Checked {
 public:
  Weighted(std::vector<http::Service*> children, std::span<const std::int64_t> weights,
           std::uint64_t start, std::atomic<std::uint64_t>* cursor = nullptr, LiveList live = {})
      : children_(std::move(children)), schedule_(weights, start, cursor), live_(std::move(live)) {}

  void serve(http::Exchange& exchange) noexcept override;
  bool is_up() noexcept override { return live_.has_any(); }

 private:
  std::vector<http::Service*> children_;
  Schedule schedule_;
  LiveList live_;  // with a health check
};

// The answer of a service that has nobody to ask.
void reply_no_server(http::Exchange& exchange) noexcept;

}  // namespace pm::upstream
