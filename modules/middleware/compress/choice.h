// SPDX-License-Identifier: MIT
// choice.h -- which encoding an answer may have, by what a client accepts.
//
//   in      the Accept-Encoding lines of a request; the encodings on offer, best first, and the one for who does not say
//   out     an encoding, or none
//   cost    one pass; no allocation
//   source  middlewares-2.md section 6.2, "Choice"
#pragma once

#include "http/headers.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace pm::compress {

enum class Encoding : std::uint8_t { gzip, br, zstd };
constexpr std::size_t encoding_count = 3;
std::string_view name_of(Encoding encoding) noexcept;
std::optional<Encoding> encoding_named(std::string_view name) noexcept;

struct Offer {
  std::vector<Encoding> encodings;  // best first
  std::optional<Encoding> fallback;
};

std::optional<Encoding> choose(const http::Headers& headers, const Offer& offer) noexcept;

}  // namespace pm::compress
