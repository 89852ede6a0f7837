// SPDX-License-Identifier: MIT
// text.h -- lets CHECK_EQUAL print string views: CppUTest looks for StringFrom of the type it compares.
#pragma once

#include <CppUTest/SimpleString.h>

#include <string>
#include <string_view>

// Bytes that a terminal would swallow are written as \xHH, so that two texts that differ also look different.
inline SimpleString StringFrom(std::string_view text) {
  constexpr char digits[] = "0123456789abcdef";
  std::string shown;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f) {
      shown += c;
    } else {
      shown += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
    }
  }
  return SimpleString(shown.c_str());
}
