// SPDX-License-Identifier: MIT
// service_meter.h -- the metrics of one service that forwards: its requests by attempt, and why attempts failed.
//
//   in      attempts of its load balancer
//   own     its name; borrows the worker's Meters, which it first touches on the loop
//   cost    one virtual call and about 100 instructions an attempt
//   source  observability.md sections 1.2 and 1.4
#pragma once

#include "observe/request_meter.h"
#include "upstream/forward_meter.h"

#include <string>

namespace pm::runtime {

class ServiceMeter final : public upstream::ForwardMeter {
 public:
  ServiceMeter(observe::Meters& meters, std::string name)
      : meters_(meters), name_(std::move(name)), requests_(observe::Family::service, name_) {}

  void on_attempt_end(const http::Exchange& exchange,
                      const upstream::AttemptFacts& facts) noexcept override;
  void on_failure(http::Outcome outcome) noexcept override;
  void on_no_server() noexcept override { count_failure("no_server"); }

 private:
  void count_failure(std::string_view reason) noexcept;

  observe::Meters& meters_;
  std::string name_;
  observe::RequestMeter requests_;
};

// What is common to an exchange at its entry point and at its service.
observe::Observation observe_exchange(const http::Exchange& exchange, std::uint16_t status);

}  // namespace pm::runtime
