// SPDX-License-Identifier: MIT
// absolute_url.h -- a URL that an operator's words have produced, read and written again.
//
//   in      any text
//   out     the same URL in its canonical spelling, or nothing when it is none: what Go's url.Parse(text).String() gives
//   cost    cold: a std::string
//   source  middlewares-1.md section 3.2; RFC 3986
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pm::http {

struct UrlParts {
  std::string_view scheme;     // as written; "" in a relative reference
  std::string_view authority;  // with user information
  std::string_view path;
  std::string_view query;     // behind "?"
  std::string_view fragment;  // behind "#"
  bool has_authority = false;
  bool has_query = false;
};
// Only cuts; judges the scheme and what stands in a place where it cannot be.
std::optional<UrlParts> split_url(std::string_view text) noexcept;

std::optional<std::string> canonical_url(std::string_view text);

// `reference` (a Location) as a URL of its own, seen from `base`. Nothing when either is none.
std::optional<std::string> resolve_url(std::string_view base, std::string_view reference);

}  // namespace pm::http
