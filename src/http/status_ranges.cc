// SPDX-License-Identifier: MIT
#include "http/status_ranges.h"

#include "core/number.h"
#include "core/text.h"

namespace pm::http {

Status StatusRanges::add(std::string_view item) {
  bool is_good = true;
  text::for_each_part(item, ',', [&](std::string_view part) {
    part = text::trim_blanks(part);
    const std::size_t dash = part.find('-');
    const auto low = parse_u64(text::trim_blanks(part.substr(0, dash)));
    const auto high =
        dash == std::string_view::npos ? low : parse_u64(text::trim_blanks(part.substr(dash + 1)));
    if (!low || !high || *low > 999 || *high > 999) {
      is_good = false;
      return;
    }
    ranges_.emplace_back(*low, *high);
  });
  if (is_good) return success();
  return Error{Errc::bad_value, "",
               text::quoted(item) + " is neither a status nor a range of them"};
}

bool StatusRanges::contains(std::uint16_t status) const noexcept {
  for (const auto& [low, high] : ranges_) {
    if (status >= low && status <= high) return true;
  }
  return false;
}

}  // namespace pm::http
