// SPDX-License-Identifier: MIT
// escape.h -- text of peers made harmless inside a line of the log: it can end neither its quotes nor its line.
//
//   in      any bytes; beyond max_value of them the text is cut and ends in "..."
//   out     common: printable ASCII; `"` as \", backslash and all other bytes as \xHH
//           json: a JSON string without its quotes; valid UTF-8 passes, a byte that belongs to none becomes U+FFFD
//   cost    16 bytes at a time where nothing is to be escaped
//   source  security.md section 8, observability.md section 3.3; RFC 8259 section 7, RFC 3629
#pragma once

#include "observe/line.h"

namespace pm::observe {

// Of one value, so that what a peer sends does not fill the buffers of the log.
constexpr std::size_t max_value = 8192;

enum class Escape : std::uint8_t { common, json };
void put_escaped(Line& line, std::string_view value, Escape how) noexcept;

}  // namespace pm::observe
