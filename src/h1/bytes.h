// SPDX-License-Identifier: MIT
// bytes.h -- the first look at a whole block: no byte in it that a head must not hold.
//
//   in      any bytes: one complete head or trailer section
//   out     true when each CR is followed by LF, each LF follows a CR, and no other control byte but tab occurs. Bytes
//           0x80 to 0xFF pass. What is read after it may take every LF for the end of a line
//   cost    one pass, 32 bytes at a time where the machine can
//   source  RFC 9112 section 2.2, RFC 9110 section 5.5; security.md section 2
#pragma once

#include <string_view>

namespace pm::h1 {

bool is_clean(std::string_view block) noexcept;

}  // namespace pm::h1
