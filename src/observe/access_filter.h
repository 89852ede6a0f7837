// SPDX-License-Identifier: MIT
// access_filter.h -- which exchanges are worth a line.
//
//   in      accessLog.filters; a text of statusCodes that is no number or range matches nothing (config has said so)
//   out     true as soon as one filter matches, or when there is none
//   source  observability.md section 3.2
#pragma once

#include "config/static_model.h"
#include "observe/access.h"

#include <cstdint>
#include <vector>

namespace pm::observe {

class AccessFilter {
 public:
  explicit AccessFilter(const config::AccessFilters& options);
  bool wants(const AccessRecord& record) const noexcept;

 private:
  struct Range {
    std::uint64_t first;
    std::uint64_t last;
  };

  std::vector<Range> statuses_;
  bool wants_retried_;
  Duration longer_than_;
  bool wants_all_;
};

}  // namespace pm::observe
