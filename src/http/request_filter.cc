// SPDX-License-Identifier: MIT
#include "http/request_filter.h"

#include <algorithm>

namespace pm::http {

RequestFilter*& RequestFilters::place(std::uint16_t index) noexcept {
  RequestFilter** at = &outermost_;
  for (; index > 0; --index)
    at = &(*at)->inner_;
  return *at;
}

void RequestFilters::add(RequestFilter& filter) noexcept {
  const std::uint16_t index = entered_++;
  if (index < outside_) return;  // of a link that is entered anew: the one that it had goes on
  filter.inner_ = nullptr;
  place(index) = &filter;
}

void RequestFilters::go_back(std::uint16_t entered) noexcept {
  entered_ = entered;
  place(std::max(entered, outside_)) = nullptr;
}

void RequestFilters::rewind_kept() noexcept {
  for (RequestFilter* filter = place(outside_); filter != nullptr; filter = filter->inner_)
    filter->rewind();
}

bool RequestFilters::pass_from(RequestFilter* filter, Exchange& exchange, BodyPart& part) noexcept {
  for (; filter != nullptr; filter = filter->inner_) {
    if (part.is_empty() && !part.last) return true;  // swallowed
    if (!filter->on_request_part(exchange, part)) return false;
  }
  return true;
}

}  // namespace pm::http
