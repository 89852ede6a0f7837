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

  void on_attempt_end(http::Exchange& exchange,
                      const upstream::AttemptFacts& facts) noexcept override;
  void on_failure(http::Outcome outcome) noexcept override;
  void on_no_server() noexcept override { count_failure("no_server"); }

 private:
  [[gnu::noinline]] void count_more(const http::Exchange& exchange, observe::Observation& seen);
  void count_failure(std::string_view reason) noexcept;

  observe::Meters& meters_;
  std::string name_;
  observe::RequestMeter requests_;
};

// What only some requests have; nothing of a plain one.
inline bool has_more(const http::Exchange& exchange, const observe::Meters& meters) noexcept {
  return exchange.request().secure != nullptr || meters.has_header_labels();
}
observe::ObservedMore more_of(const http::Exchange& exchange, const observe::Meters& meters);

}  // namespace pm::runtime
