// SPDX-License-Identifier: MIT
#include "observe/escape.h"

#if defined(__SSE2__)
#include <bit>

#include <emmintrin.h>
#endif

namespace pm::observe {
namespace {

constexpr bool is_plain(char c) noexcept {
  return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

// How many bytes at the beginning need no escape in either form.
std::size_t plain_length(std::string_view value) noexcept {
  std::size_t at = 0;
#if defined(__SSE2__)
  constexpr std::size_t stride = sizeof(__m128i);
  for (; at + stride <= value.size(); at += stride) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(value.data() + at));
    // Compared as signed, so bytes from 0x80 on are below the blank too.
    __m128i special = _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20));
    special = _mm_or_si128(special, _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f)));
    special = _mm_or_si128(special, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')));
    special = _mm_or_si128(special, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
    const auto found = static_cast<unsigned>(_mm_movemask_epi8(special));
    if (found != 0) return at + static_cast<std::size_t>(std::countr_zero(found));
  }
#endif
  while (at < value.size() && is_plain(value[at]))
    ++at;
  return at;
}

void put_hex(Line& line, std::string_view prefix, char c) noexcept {
  constexpr std::string_view digits = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  const char text[] = {digits[byte >> 4], digits[byte & 15]};
  line.put(prefix);
  line.put(std::string_view(text, sizeof text));
}

// The bytes of the one well-formed UTF-8 sequence of more than one byte at the beginning, or 0.
std::size_t sequence_length(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) {
    return static_cast<unsigned char>(text[i]);
  };
  const unsigned first = byte(0);
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  // Overlong forms, surrogates, and what lies above U+10FFFF.
  const unsigned second = byte(1);
  const bool is_wrong = (first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
                        (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f);
  return is_wrong ? 0 : length;
}

// What stands at the beginning of `value` and is not plain; returns how many bytes of it are done.
std::size_t put_special(Line& line, std::string_view value, Escape how) noexcept {
  const char c = value.front();
  if (c == '"') {
    line.put("\\\"");
  } else if (how == Escape::common) {
    put_hex(line, "\\x", c);
  } else if (c == '\\') {
    line.put("\\\\");
  } else if (static_cast<unsigned char>(c) < 0x80) {
    put_hex(line, "\\u00", c);
  } else if (const std::size_t length = sequence_length(value); length != 0) {
    line.put(value.substr(0, length));
    return length;
  } else {
    line.put("\\ufffd");
  }
  return 1;
}

}  // namespace

void put_escaped(Line& line, std::string_view value, Escape how) noexcept {
  const bool is_cut = value.size() > max_value;
  if (is_cut) value = value.substr(0, max_value);
  while (true) {
    const std::size_t plain = plain_length(value);
    line.put(value.substr(0, plain));
    if (plain == value.size()) break;
    value.remove_prefix(plain);
    value.remove_prefix(put_special(line, value, how));
  }
  if (is_cut) line.put("...");
}

}  // namespace pm::observe
