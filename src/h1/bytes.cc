// SPDX-License-Identifier: MIT
#include "h1/bytes.h"

#include <cstddef>
#include <cstdint>

#if defined(__SSE2__)
#include <cstring>

#include <emmintrin.h>
#endif

namespace pm::h1 {
namespace {

#if defined(__SSE2__)

constexpr std::size_t stride = 16;

// One stride. `after_cr` says whether the byte before it was a CR, and afterwards whether its last byte is one.
bool is_clean_stride(__m128i bytes, unsigned& after_cr) noexcept {
  const __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);
  const __m128i suspect = _mm_or_si128(low, _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f)));
  const auto suspects = static_cast<unsigned>(_mm_movemask_epi8(suspect));
  if ((suspects | after_cr) == 0) return true;

  const auto crs =
      static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\r'))));
  const auto lfs =
      static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\n'))));
  const auto tabs =
      static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\t'))));
  const unsigned wanted_lfs = ((crs << 1) | after_cr) & 0xffffu;
  after_cr = crs >> (stride - 1);
  return suspects == (crs | lfs | tabs) && lfs == wanted_lfs;
}

__m128i load(const char* at) noexcept {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
}

#endif

}  // namespace

#if defined(__SSE2__)

bool is_clean(std::string_view block) noexcept {
  unsigned after_cr = 0;
  std::size_t at = 0;
  for (; at + stride <= block.size(); at += stride) {
    if (!is_clean_stride(load(block.data() + at), after_cr)) return false;
  }
  // The rest is filled up with blanks, so a CR that ends the block finds no LF behind it.
  char rest[stride];
  std::memset(rest, ' ', stride);
  if (at < block.size()) std::memcpy(rest, block.data() + at, block.size() - at);
  return is_clean_stride(load(rest), after_cr);
}

#else

bool is_clean(std::string_view block) noexcept {
  bool after_cr = false;
  for (const char c : block) {
    const auto byte = static_cast<std::uint8_t>(c);
    if ((byte == '\n') != after_cr) return false;
    after_cr = byte == '\r';
    const bool control = byte < 0x20 || byte == 0x7f;
    if (control && byte != '\t' && byte != '\r' && byte != '\n') return false;
  }
  return !after_cr;
}

#endif

}  // namespace pm::h1
