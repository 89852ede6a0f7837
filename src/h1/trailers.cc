// SPDX-License-Identifier: MIT
#include "h1/bytes.h"
#include "h1/fields.h"
#include "h1/head.h"

namespace pm::h1 {
Fault parse_trailers(std::string_view block, const HeadLimits& limits,
                     http::Headers& trailers) noexcept {
  if (block.size() > limits.max_bytes) return {431, "trailers too large"};
  if (!is_clean(block)) return {400, "control byte or bare line end in the trailers"};
  FieldFacts unused;
  return read_fields(block, {}, Section::trailers, limits.max_fields, trailers, unused);
}

}  // namespace pm::h1
