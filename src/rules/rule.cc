// SPDX-License-Identifier: MIT
#include "rules/rule.h"

#include <fmt/format.h>

namespace pm::rules {

std::string Rule::explain(const http::Request& request) const {
  std::uint16_t at = 0;
  while (true) {
    const Step& step = parts_.steps[at];
    const bool is_true = step.matcher->matches(request);
    const std::uint16_t next = is_true ? step.if_true : step.if_false;
    if (next >= refuse) {
      const Place place = parts_.places[at];
      return fmt::format("{} is {}", text().substr(place.offset, place.length), is_true);
    }
    at = next;
  }
}

}  // namespace pm::rules
