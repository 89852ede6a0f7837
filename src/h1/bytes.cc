// SPDX-License-Identifier: MIT
#include "h1/bytes.h"

#include <cstddef>
#include <cstdint>

#if defined(__SSE2__)
#include <cstring>

#include <emmintrin.h>
#endif

namespace pm::h1 {

#if defined(__SSE2__)

namespace {

constexpr std::size_t half = sizeof(__m128i);
constexpr std::size_t stride = 2 * half;

struct Stride {
  __m128i low;
  __m128i high;
};

Stride load(const char* from) noexcept {
  return {_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)),
          _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + half))};
}

// One bit for each byte of a stride that `test` finds.
template <class Test>
std::uint32_t bits(const Stride& bytes, Test test) noexcept {
  const auto low = static_cast<std::uint32_t>(_mm_movemask_epi8(test(bytes.low)));
  const auto high = static_cast<std::uint32_t>(_mm_movemask_epi8(test(bytes.high)));
  return low | high << half;
}

std::uint32_t bits_equal(const Stride& bytes, char c) noexcept {
  return bits(bytes, [c](__m128i part) { return _mm_cmpeq_epi8(part, _mm_set1_epi8(c)); });
}

std::uint32_t bits_of_controls(const Stride& bytes) noexcept {
  return bits(bytes, [](__m128i part) {
    const __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(part, _mm_set1_epi8(0x1f)), part);
    return _mm_or_si128(low, _mm_cmpeq_epi8(part, _mm_set1_epi8(0x7f)));
  });
}

// `after_cr`: 1 when the byte before the stride was a CR, and afterwards when its last byte is one.
bool is_clean_stride(const Stride& bytes, std::uint32_t& after_cr) noexcept {
  const std::uint32_t controls = bits_of_controls(bytes);
  if ((controls | after_cr) == 0) return true;

  const std::uint32_t crs = bits_equal(bytes, '\r');
  const std::uint32_t lfs = bits_equal(bytes, '\n');
  if (lfs != (crs << 1 | after_cr)) return false;
  after_cr = crs >> (stride - 1);
  const std::uint32_t others = controls ^ (crs | lfs);
  return others == 0 || others == bits_equal(bytes, '\t');
}

}  // namespace

bool is_clean(std::string_view block) noexcept {
  std::uint32_t after_cr = 0;
  const char* from = block.data();
  std::size_t left = block.size();
  char rest[stride];
  while (true) {
    if (left < stride) {
      // What is left is filled up with blanks, so a CR that ends the block finds no LF behind it.
      std::memset(rest, ' ', stride);
      if (left > 0) std::memcpy(rest, from, left);
      from = rest;
    }
    if (!is_clean_stride(load(from), after_cr)) return false;
    if (left < stride) return true;
    from += stride;
    left -= stride;
  }
}

#else

bool is_clean(std::string_view block) noexcept {
  bool after_cr = false;
  for (const char c : block) {
    const auto byte = static_cast<unsigned char>(c);
    if ((c == '\n') != after_cr) return false;
    after_cr = c == '\r';
    const bool is_control = byte < 0x20 || byte == 0x7f;
    if (is_control && c != '\t' && c != '\r' && c != '\n') return false;
  }
  return !after_cr;
}

#endif

}  // namespace pm::h1
