// SPDX-License-Identifier: MIT
// body.h -- a part of a body on its way through the links of a chain.
//
//   shape   what one read of the source brought, as a list of slices; `flush`: the source has no more for now; `last`: the
//           body ends here (with such a part there may be no bytes)
//   own     the slices are lent for the call. A link may put its own in their place; they must live until its next call:
//           what it made before has left by then (Run::pass_part)
//   source  layout.md, "Flow control in one file"
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace pm::http {

struct BodyPart {
  std::span<const std::string_view> slices;
  std::size_t size = 0;  // the sum of the slices
  bool flush = false;
  bool last = false;
  bool hold = false;  // from the link that holds the head: no more until it asks for it

  bool is_empty() const noexcept { return size == 0; }
  void swallow() noexcept { slices = {}, size = 0; }
  // `slice` lives as long as what replaces a part has to, and so does the view itself.
  void replace(const std::string_view& slice) noexcept {
    slices = {&slice, slice.empty() ? std::size_t{0} : std::size_t{1}};
    size = slice.size();
  }
};

}  // namespace pm::http
