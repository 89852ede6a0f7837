// SPDX-License-Identifier: MIT
#include "core/base64.h"

#include <array>

namespace pm {
namespace {

constexpr std::string_view letters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<std::int8_t, 256> make_values() {
  std::array<std::int8_t, 256> table{};
  table.fill(-1);
  for (std::size_t i = 0; i < letters.size(); ++i)
    table[static_cast<unsigned char>(letters[i])] = static_cast<std::int8_t>(i);
  return table;
}
constexpr std::array<std::int8_t, 256> values = make_values();

}  // namespace

std::string base64_encode(std::string_view bytes) {
  std::string out(Base64Writer::room_for(bytes.size()), '\0');
  Base64Writer writer;
  const std::size_t size = writer.write(bytes, out.data());
  writer.flush(out.data() + size);
  return out;
}

std::optional<std::size_t> base64_decode(std::string_view text, char* to) noexcept {
  const std::size_t padding = text.find('=');
  const bool has_inner = padding != std::string_view::npos && padding + 2 < text.size();
  if (text.size() % 4 != 0 || has_inner) return std::nullopt;
  return Base64Reader().read(text, to);
}

std::optional<std::size_t> Base64Reader::read(std::string_view text, char* to) noexcept {
  std::size_t size = 0;
  for (const char c : text) {
    const std::int8_t value = values[static_cast<unsigned char>(c)];
    const bool is_padding = c == '=' && letters_ >= 2;
    if (!is_padding && (value < 0 || padding_ > 0)) return std::nullopt;
    bits_ = bits_ << 6U | (is_padding ? 0U : static_cast<std::uint32_t>(value));
    if (is_padding) ++padding_;
    if (++letters_ == 4) size += close_group(to + size);
  }
  return size;
}

std::size_t Base64Reader::close_group(char* to) noexcept {
  const std::size_t count = 3U - padding_;
  for (std::size_t i = 0; i < count; ++i)
    to[i] = static_cast<char>(bits_ >> (16 - 8 * i) & 255U);
  *this = {};
  return count;
}

std::size_t Base64Writer::write(std::string_view bytes, char* to) noexcept {
  std::size_t size = 0;
  for (const char c : bytes) {
    bits_ = bits_ << 8U | static_cast<unsigned char>(c);
    if (++bytes_ < 3) continue;
    for (unsigned shift = 24; shift > 0; shift -= 6)
      to[size++] = letters[bits_ >> (shift - 6) & 63U];
    *this = {};
  }
  return size;
}

std::size_t Base64Writer::flush(char* to) noexcept {
  if (bytes_ == 0) return 0;
  const std::uint32_t bits = bits_ << (24 - 8 * bytes_);
  for (unsigned i = 0; i < 4; ++i)
    to[i] = i <= bytes_ ? letters[bits >> (18 - 6 * i) & 63U] : '=';
  *this = {};
  return 4;
}

}  // namespace pm
