// SPDX-License-Identifier: MIT
// status_ranges.h -- "500", "502-504", "404,500-599": sets of statuses as options write them.
//
//   errors  an item that is no number and no range
//   source  middlewares-1.md section 1.1
#pragma once

#include "core/result.h"

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace pm::http {

class StatusRanges {
 public:
  Status add(std::string_view item);
  bool contains(std::uint16_t status) const noexcept;
  bool is_empty() const noexcept { return ranges_.empty(); }

 private:
  std::vector<std::pair<std::int64_t, std::int64_t>> ranges_;
};

}  // namespace pm::http
