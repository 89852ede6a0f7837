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
    case Outcome::denied:
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

observe::ObservedMore more_of(const http::Exchange& exchange, const observe::Meters& meters) {
  observe::ObservedMore more;
  if (const http::SecureFacts* secure = exchange.request().secure) {
    more.tls_version = secure->version;
    more.tls_cipher = secure->cipher;
  }
  if (meters.has_header_labels()) {
    more.header_labels =
        observe::header_labels_of(exchange.request(), meters.settings().header_labels);
  }
  return more;
}

void ServiceMeter::on_attempt_end(http::Exchange& exchange,
                                  const upstream::AttemptFacts& facts) noexcept {
  observe::Observation seen{.labels = observe::labels_of(exchange, facts.status),
                            .request_bytes = exchange.trace().request_bytes,
                            .response_bytes = facts.origin_bytes};
  if (exchange.tools != nullptr) seen.time_ns = exchange.tools->loop->now_ns() - facts.began_ns;
  if (has_more(exchange, meters_)) [[unlikely]]
    return count_more(exchange, seen);
  requests_.count(meters_, seen);
}

void ServiceMeter::count_more(const http::Exchange& exchange, observe::Observation& seen) {
  const observe::ObservedMore more = more_of(exchange, meters_);
  seen.more = &more;
  requests_.count(meters_, seen);
}

void ServiceMeter::on_failure(http::Outcome outcome) noexcept {
  count_failure(reason_of(outcome));
}

void ServiceMeter::count_failure(std::string_view reason) noexcept {
  meters_.count({.kind = observe::kind::failures, .name = name_, .extra = reason});
}

}  // namespace pm::runtime
