// SPDX-License-Identifier: MIT
#include "http/unique_id.h"

#include "core/random.h"

namespace pm::http {

std::string_view unique_id(Exchange& exchange) {
  if (!exchange.unique_id.empty()) return exchange.unique_id;
  unsigned char bytes[16];
  fill_secret(bytes, sizeof bytes);
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0fU) | 0x40U);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3fU) | 0x80U);
  char* const text = static_cast<char*>(exchange.arena().allocate(36, 1));
  char* to = text;
  for (std::size_t i = 0; i < sizeof bytes; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) *to++ = '-';
    *to++ = "0123456789abcdef"[bytes[i] >> 4U];
    *to++ = "0123456789abcdef"[bytes[i] & 15U];
  }
  exchange.unique_id = {text, 36};
  return exchange.unique_id;
}

}  // namespace pm::http
