// SPDX-License-Identifier: MIT
#include "h1/bytes.h"

#if defined(__SSE2__)
#include <bit>
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

// `after_cr`: 1 when the byte before the stride was a CR, and afterwards when its last byte is one. `crs`: where they are.
[[gnu::always_inline]] inline bool is_clean_stride(const Stride& bytes, std::uint32_t& after_cr,
                                                   std::uint32_t& crs) noexcept {
  const std::uint32_t controls = bits_of_controls(bytes);
  crs = 0;
  if ((controls | after_cr) == 0) return true;

  crs = bits_equal(bytes, '\r');
  const std::uint32_t lfs = bits_equal(bytes, '\n');
  if (lfs != (crs << 1 | after_cr)) return false;
  after_cr = crs >> (stride - 1);
  const std::uint32_t others = controls ^ (crs | lfs);
  return others == 0 || others == bits_equal(bytes, '\t');
}

// Fewer bytes than a stride, filled up with blanks: so a CR that ends the block finds no LF behind it.
Stride load_rest(std::string_view rest) noexcept {
  char bytes[stride];
  std::memset(bytes, ' ', stride);
  if (!rest.empty()) std::memcpy(bytes, rest.data(), rest.size());
  return load(bytes);
}

}  // namespace

bool is_clean(std::string_view block) noexcept {
  std::uint32_t after_cr = 0;
  std::uint32_t crs = 0;
  for (; block.size() >= stride; block.remove_prefix(stride)) {
    if (!is_clean_stride(load(block.data()), after_cr, crs)) return false;
  }
  return is_clean_stride(load_rest(block), after_cr, crs);
}

// Two CRs with one byte between them, and then a closer look.
std::size_t find_head_end(std::string_view bytes) noexcept {
  constexpr std::string_view end = "\r\n\r\n";
  std::size_t at = 0;
  for (; at + stride + 2 <= bytes.size(); at += stride) {
    const char* const from = bytes.data() + at;
    std::uint32_t found = bits_equal(load(from), '\r') & bits_equal(load(from + 2), '\r');
    for (; found != 0; found &= found - 1) {
      const auto here = at + static_cast<std::size_t>(std::countr_zero(found));
      if (bytes.compare(here, end.size(), end) == 0) return here + end.size();
    }
  }
  const std::size_t here = bytes.find(end, at);
  return here == std::string_view::npos ? 0 : here + end.size();
}

bool Lines::find(std::string_view block) noexcept {
  block_ = block.data();
  count_ = 0;
  if (block.size() >= UINT32_MAX) return false;
  const auto last = static_cast<std::uint32_t>(block.size() - 2);  // where the empty line is to be
  std::uint32_t begin = 0;
  std::uint32_t after_cr = 0;
  const auto take = [&](const Stride& bytes, std::size_t at) noexcept {
    std::uint32_t crs = 0;
    if (!is_clean_stride(bytes, after_cr, crs)) return false;
    for (; crs != 0; crs &= crs - 1) {
      const auto cr =
          static_cast<std::uint32_t>(at) + static_cast<std::uint32_t>(std::countr_zero(crs));
      if (count_ == most || (cr == begin && cr != last)) return false;
      ends_[count_++] = cr;
      begin = cr + 2;
    }
    return true;
  };
  std::size_t at = 0;
  bool is_good = true;
  for (; is_good && block.size() - at >= stride; at += stride)
    is_good = take(load(block.data() + at), at);
  is_good = is_good && take(load_rest(block.substr(at)), at) && count_ >= 2 &&
            ends_[count_ - 1] == last && ends_[count_ - 2] + 2 == last;
  count_ = is_good ? count_ - 1 : 0;
  return is_good;
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

std::size_t find_head_end(std::string_view bytes) noexcept {
  const std::size_t at = bytes.find("\r\n\r\n");
  return at == std::string_view::npos ? 0 : at + 4;
}

bool Lines::find(std::string_view) noexcept {
  return false;
}

#endif

}  // namespace pm::h1
