// SPDX-License-Identifier: MIT
#include "runtime/service_meter.h"

#include "http/tools.h"
#include "observe/request_labels.h"

namespace pm::runtime {
namespace {

std::string_view reason_of(http::Outcome outcome) noexcept {
  using http::Outcome;
  switch (outcome) {
    case Outcome::no_address:
    case Outcome::dns_timed_out:
    case Outcome::refused:
    case Outcome::connect_timed_out: return "connect";
    case Outcome::tls_failed:
    case Outcome::tls_timed_out: return "tls";
    case Outcome::reset:
    case Outcome::closed: return "reset";
    case Outcome::bad_response: return "protocol";
    case Outcome::head_timed_out:
    case Outcome::request_timed_out: return "timeout";
  }
  return "";
}

}  // namespace

observe::Observation observe_exchange(const http::Exchange& exchange, std::uint16_t status) {
  observe::Observation seen;
  seen.labels = observe::labels_of(exchange, status);
  seen.request_bytes = exchange.trace().request_bytes;
  if (const http::SecureFacts* secure = exchange.request().secure) {
    seen.tls_version = secure->version;
    seen.tls_cipher = secure->cipher;
  }
  return seen;
}

void ServiceMeter::on_attempt_end(const http::Exchange& exchange,
                                  const upstream::AttemptFacts& facts) noexcept {
  observe::Observation seen = observe_exchange(exchange, facts.status);
  seen.response_bytes = facts.origin_bytes;
  if (exchange.tools != nullptr) seen.time_ns = exchange.tools->loop->now_ns() - facts.began_ns;
  std::string labels;
  if (const auto& wanted = meters_.settings().header_labels; !wanted.empty()) {
    labels = observe::header_labels_of(exchange.request(), wanted);
    seen.header_labels = labels;
  }
  requests_.count(meters_, seen);
}

void ServiceMeter::on_failure(http::Outcome outcome) noexcept {
  count_failure(reason_of(outcome));
}

void ServiceMeter::count_failure(std::string_view reason) noexcept {
  meters_.count({.kind = observe::kind::failures, .name = name_, .extra = reason});
}

}  // namespace pm::runtime
