// SPDX-License-Identifier: MIT
#include "observe/escape.h"

#include <algorithm>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace pm::observe {
namespace {

constexpr bool is_plain(char c) noexcept {
  return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

#if defined(__SSE2__)

constexpr std::size_t stride = sizeof(__m128i);
constexpr std::size_t half = sizeof(std::uint64_t);

bool has_special(__m128i bytes) noexcept {
  // Compared as signed, so bytes from 0x80 on are below the blank too.
  __m128i special = _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20));
  special = _mm_or_si128(special, _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f)));
  special = _mm_or_si128(special, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')));
  special = _mm_or_si128(special, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
  return _mm_movemask_epi8(special) != 0;
}

__m128i load(const char* from) noexcept {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
}

std::int64_t load_half(const char* from) noexcept {
  std::int64_t word;
  std::memcpy(&word, from, sizeof word);
  return word;
}

// The last look overlaps the one before it.
bool is_all_plain(std::string_view value) noexcept {
  const char* const begin = value.data();
  const std::size_t size = value.size();
  if (size >= stride) {
    for (std::size_t at = 0; at + stride < size; at += stride) {
      if (has_special(load(begin + at))) return false;
    }
    return !has_special(load(begin + size - stride));
  }
  if (size >= half)
    return !has_special(_mm_set_epi64x(load_half(begin + size - half), load_half(begin)));
  return std::all_of(value.begin(), value.end(), [](char c) { return is_plain(c); });
}

#else

bool is_all_plain(std::string_view value) noexcept {
  return std::all_of(value.begin(), value.end(), is_plain);
}

#endif

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
  if (is_all_plain(value)) {
    line.put(value);
    value = {};
  }
  while (!value.empty()) {
    const auto special =
        std::find_if_not(value.begin(), value.end(), [](char c) { return is_plain(c); });
    const auto plain = static_cast<std::size_t>(special - value.begin());
    line.put(value.substr(0, plain));
    value.remove_prefix(plain);
    if (!value.empty()) value.remove_prefix(put_special(line, value, how));
  }
  if (is_cut) line.put("...");
}

}  // namespace pm::observe
