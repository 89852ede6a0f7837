// SPDX-License-Identifier: MIT
// metric_names.h -- which names of the configuration the page of metrics shows.
//
//   in      a configuration, again at each reload
//   out     whether a series is shown: its entry point, router or service is there, or was when it was last shown. One that
//           was removed is shown once more and then not again
//   own     the names
//   source  observability.md section 1.3
#pragma once

#include "config/dynamic_model.h"
#include "observe/metric.h"

#include <array>
#include <string>
#include <string_view>
#include <unordered_set>

namespace pm::agent {

class MetricNames {
 public:
  void take(const config::Config& config);
  bool shows(observe::Family family, std::string_view name) const;
  void shown() noexcept;  // a page was made: what is gone need not be on the next

 private:
  using Set = std::unordered_set<std::string>;
  std::array<Set, observe::family_count> present_;
  std::array<Set, observe::family_count> leaving_;
};

}  // namespace pm::agent
