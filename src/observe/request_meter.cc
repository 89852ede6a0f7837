// SPDX-License-Identifier: MIT
#include "observe/request_meter.h"

namespace pm::observe {

void RequestMeter::forget(std::uint32_t epoch) noexcept {
  epoch_ = epoch;
  last_ = {};
  known_.clear();
  tls_cipher_ = nullptr;
}

shm::Cell* RequestMeter::find(Meters& meters, RequestLabels labels) {
  if (epoch_ != meters.epoch()) forget(meters.epoch());
  if (known_.size() >= most_labels) labels = other_labels;
  const std::uint32_t packed = labels.packed();
  for (const Known& one : known_) {
    if (one.labels == packed) return (last_ = one).cells;
  }
  shm::Cell* cells = meters.requests(who_, labels);
  if (epoch_ != meters.epoch()) forget(meters.epoch());  // room was made for it
  last_ = {packed, cells};
  known_.push_back(last_);
  return cells;
}

void RequestMeter::count_more(Meters& meters, const Observation& seen) {
  if (!seen.more->tls_cipher.empty()) count_tls(meters, *seen.more);
  if (meters.has_header_labels())
    shm::add(meters.by_header(who_, seen.labels, seen.more->header_labels), 1);
}

void RequestMeter::count_tls(Meters& meters, const ObservedMore& more) {
  if (more.tls_cipher.data() != tls_cipher_ || more.tls_version.data() != tls_version_) {
    std::string extra(more.tls_version);
    extra.append(" ").append(more.tls_cipher);
    tls_ = meters.book().cells({.kind = of(kind::tls, who_.family),
                                .name = who_.name,
                                .second = who_.second,
                                .extra = extra},
                               1);
    tls_cipher_ = more.tls_cipher.data();
    tls_version_ = more.tls_version.data();
  }
  if (tls_ != nullptr) shm::add(*tls_, 1);
}

}  // namespace pm::observe
