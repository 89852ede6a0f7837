// SPDX-License-Identifier: MIT
#include "h1/bytes.h"

#if defined(__SSE2__)
#include <algorithm>
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

// A control byte is the CR of a line end, the LF behind it, or a tab.
std::size_t Lines::find(std::string_view bytes) noexcept {
  block_ = bytes.data();
  count_ = 0;
  const auto size =
      static_cast<std::uint32_t>(std::min<std::size_t>(bytes.size(), UINT32_MAX - stride));
  std::uint32_t begin = 0;
  std::size_t count = 0;
  std::uint32_t known = 0;  // the first byte of a stride is the LF of a line end that was noted
  for (std::uint32_t at = 0; at < size; at += stride) {
    const bool is_whole = size - at >= stride;
    const Stride part = is_whole ? load(block_ + at) : load_rest({block_ + at, size - at});
    std::uint32_t controls = bits_of_controls(part) & ~known;
    known = 0;
    while (controls != 0) {
      const auto bit = static_cast<std::uint32_t>(std::countr_zero(controls));
      const std::uint32_t cr = at + bit;
      controls &= controls - 1;
      if (block_[cr] == '\t') continue;
      const bool is_end = size - cr > 1 && block_[cr] == '\r' && block_[cr + 1] == '\n';
      if (!is_end) return 0;
      if (cr == begin) {
        count_ = count;
        end_ = block_ + cr + 2;
        return count == 0 ? 0 : cr + 2;
      }
      if (count == most) return 0;
      ends_[count++] = cr;
      begin = cr + 2;
      if (controls == 0) known = 1;  // the LF is the first of the next
      controls &= controls - 1;
    }
  }
  return 0;
}

// The name before it is most often shorter than a stride.
std::size_t Lines::colon(std::string_view line) const noexcept {
  if (end_ - line.data() < static_cast<std::ptrdiff_t>(stride)) return line.find(':');
  const std::uint32_t found = bits_equal(load(line.data()), ':');
  if (found == 0) return line.find(':', stride);
  const auto at = static_cast<std::size_t>(std::countr_zero(found));
  return at < line.size() ? at : std::string_view::npos;
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

std::size_t Lines::find(std::string_view) noexcept {
  return 0;
}

std::size_t Lines::colon(std::string_view line) const noexcept {
  return line.find(':');
}

#endif

}  // namespace pm::h1
