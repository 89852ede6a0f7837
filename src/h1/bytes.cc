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
  for (; block.size() >= stride; block.remove_prefix(stride)) {
    if (!is_clean_stride(load(block.data()), after_cr)) return false;
  }
  return is_clean_stride(load_rest(block), after_cr);
}

// Two LFs with one byte between them, and then a closer look.
std::size_t find_head_end(std::string_view bytes) noexcept {
  constexpr std::string_view end = "\r\n\r\n";
  std::uint32_t before =
      0;  // the last two bits of the stride before, where the first two of a larger one would be
  std::size_t at = 0;
  for (; bytes.size() - at >= stride; at += stride) {
    const std::uint32_t lfs = bits_equal(load(bytes.data() + at), '\n');
    for (std::uint32_t found = lfs & (lfs << 2 | before); found != 0; found &= found - 1) {
      const auto last = at + static_cast<std::size_t>(std::countr_zero(found));
      if (last >= 3 && bytes.compare(last - 3, end.size(), end) == 0) return last + 1;
    }
    before = lfs >> (stride - 2);
  }
  const std::size_t here = bytes.find(end, at < 3 ? 0 : at - 3);
  return here == std::string_view::npos ? 0 : here + end.size();
}

// A control byte is the CR of a line end, the LF behind it, or a tab.
bool Lines::find(std::string_view block) noexcept {
  block_ = block.data();
  count_ = 0;
  if (block.size() < 4 || block.size() >= UINT32_MAX) return false;
  const auto size = static_cast<std::uint32_t>(block.size());
  const std::uint32_t last = size - 2;  // where the empty line is to be
  std::uint32_t begin = 0;
  std::size_t count = 0;
  std::uint32_t known = 0;  // the first byte of a stride is the LF of a line end that was noted
  for (std::uint32_t at = 0; at < size; at += stride) {
    const bool is_whole = size - at >= stride;
    const Stride bytes = is_whole ? load(block_ + at) : load_rest(block.substr(at));
    std::uint32_t controls = bits_of_controls(bytes) & ~known;
    known = 0;
    while (controls != 0) {
      const auto bit = static_cast<std::uint32_t>(std::countr_zero(controls));
      const std::uint32_t cr = at + bit;
      controls &= controls - 1;
      if (block_[cr] == '\t') continue;
      const bool is_end = cr <= last && block_[cr] == '\r' && block_[cr + 1] == '\n';
      if (!is_end || count == most || (cr == begin && cr != last)) return false;
      ends_[count++] = cr;
      begin = cr + 2;
      if (controls == 0) known = 1;  // the LF is the first of the next
      controls &= controls - 1;
    }
  }
  if (count < 2 || ends_[count - 1] != last || ends_[count - 2] + 2 != last) return false;
  count_ = count - 1;
  return true;
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
