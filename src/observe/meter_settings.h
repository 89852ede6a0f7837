// SPDX-License-Identifier: MIT
// meter_settings.h -- what a configuration wants to be counted of requests.
//
//   in      metrics.prometheus
//   out     the same for those who count and for the one who shows it
//   source  observability.md section 1.1
#pragma once

#include "config/static_model.h"

#include <cstdint>
#include <string>
#include <vector>

namespace pm::observe {

struct HeaderLabel {
  std::string name;    // of the label
  std::string header;  // whose value it shows
};

struct MeterSettings {
  std::vector<double> buckets{0.1, 0.3, 1.2, 5.0};  // seconds, rising
  bool entry_points = true;
  bool routers = false;
  bool services = true;
  std::vector<HeaderLabel> header_labels;  // by name, rising
};

MeterSettings settings_of(const config::Prometheus& source);

// Of a histogram's limits, or of label names: series of different shapes cannot be added.
std::uint32_t shape_of(const std::vector<double>& buckets) noexcept;
std::uint32_t shape_of(const std::vector<HeaderLabel>& labels) noexcept;

}  // namespace pm::observe
