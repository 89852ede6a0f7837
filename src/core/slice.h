// SPDX-License-Identifier: MIT
// slice.h -- parts of a text whose place the caller has found in it.
//
//   in      a text, and a count of at most its size: more ends the process, as an index out of bounds does
//   cost    a few instructions, inlined; substr(), which cuts a count that is too large and throws for a place, is a call
#pragma once

#include <cstddef>
#include <string_view>

namespace pm::text {

inline std::string_view first(std::string_view text, std::size_t count) noexcept {
  text.remove_suffix(text.size() - count);
  return text;
}

inline std::string_view behind(std::string_view text, std::size_t count) noexcept {
  text.remove_prefix(count);
  return text;
}

}  // namespace pm::text
