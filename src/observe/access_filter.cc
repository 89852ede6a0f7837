// SPDX-License-Identifier: MIT
#include "observe/access_filter.h"

#include "core/text.h"

#include <algorithm>

namespace pm::observe {

AccessFilter::AccessFilter(const config::AccessFilters& options)
    : wants_retried_(options.retry_attempts),
      longer_than_(options.min_duration),
      wants_all_(options.status_codes.empty() && !options.retry_attempts &&
                 options.min_duration <= Duration(0)) {
  for (const std::string& code : options.status_codes) {
    const std::string_view range = text::trim_blanks(code);
    const std::size_t dash = range.find('-');
    const auto first = parse_u64(text::trim_blanks(range.substr(0, dash)));
    const auto last = dash == std::string_view::npos
                          ? first
                          : parse_u64(text::trim_blanks(range.substr(dash + 1)));
    if (first && last) statuses_.push_back({*first, *last});
  }
}

bool AccessFilter::wants(const AccessRecord& record) const noexcept {
  if (wants_all_) return true;
  if (wants_retried_ && record.retries > 0) return true;
  if (longer_than_ > Duration(0) && record.duration > longer_than_) return true;
  return std::any_of(statuses_.begin(), statuses_.end(), [&](const Range& range) {
    return record.status >= range.first && record.status <= range.last;
  });
}

}  // namespace pm::observe
