// SPDX-License-Identifier: MIT
#include "core/base64.h"

#include <cstdint>

namespace pm {
namespace {

constexpr std::string_view letters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int value_of(char c) noexcept {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  return c == '/' ? 63 : -1;
}

}  // namespace

std::string base64_encode(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::string_view group = bytes.substr(at, 3);
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < 3; ++i)
      bits = bits << 8U | (i < group.size() ? static_cast<unsigned char>(group[i]) : 0U);
    for (std::size_t i = 0; i < 4; ++i)
      out += i <= group.size() ? letters[(bits >> (18 - 6 * i)) & 63] : '=';
  }
  return out;
}

std::optional<std::size_t> base64_decode(std::string_view text, char* to) noexcept {
  if (text.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && text.ends_with('=')) {
    text.remove_suffix(1);
    ++padding;
  }
  std::size_t size = 0;
  std::uint32_t bits = 0;
  std::size_t count = 0;
  for (const char c : text) {
    const int value = value_of(c);
    if (value < 0) return std::nullopt;
    bits = bits << 6U | static_cast<std::uint32_t>(value);
    if (++count % 4 != 0) continue;
    for (int shift = 16; shift >= 0; shift -= 8)
      to[size++] = static_cast<char>(bits >> shift & 255U);
    bits = 0;
  }
  if (padding == 2) to[size++] = static_cast<char>(bits >> 4U & 255U);
  if (padding == 1) {
    to[size++] = static_cast<char>(bits >> 10U & 255U);
    to[size++] = static_cast<char>(bits >> 2U & 255U);
  }
  return size;
}

}  // namespace pm
