// SPDX-License-Identifier: MIT
// base64.h -- bytes as text of 64 letters, and back.
//
//   in      encoding: any bytes. decoding: the standard alphabet, padded, nothing else
//   out     into room of the caller's; the size
//   errors  decoding: nothing when the text is malformed
//   source  RFC 4648 section 4
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace pm {

std::string base64_encode(std::string_view bytes);
// `to` has room for 3/4 of the text, rounded up to 3.
std::optional<std::size_t> base64_decode(std::string_view text, char* to) noexcept;

}  // namespace pm
