// SPDX-License-Identifier: MIT
#include "core/text.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace pm::text {
namespace {

consteval std::array<bool, 256> table_of(std::string_view extra) {
  std::array<bool, 256> table{};
  for (unsigned c = 0; c < 128; ++c) {
    table[c] = is_digit(static_cast<char>(c)) || is_alpha(static_cast<char>(c));
  }
  for (char c : extra)
    table[static_cast<unsigned char>(c)] = true;
  return table;
}

constexpr auto token_chars = table_of("!#$%&'*+-.^_`|~");
constexpr auto unreserved = table_of("-._~");
constexpr char hex_upper[] = "0123456789ABCDEF";
constexpr char hex_lower[] = "0123456789abcdef";

bool has(const std::array<bool, 256>& table, char c) noexcept {
  return table[static_cast<unsigned char>(c)];
}

std::string_view trim_set(std::string_view text, std::string_view set) noexcept {
  const std::size_t first = text.find_first_not_of(set);
  if (first == std::string_view::npos) return text.substr(text.size());
  return text.substr(first, text.find_last_not_of(set) - first + 1);
}

// Words longer than this are no typing mistake of a short key; the bound also keeps rows on the stack.
constexpr std::size_t longest_word = 64;

// Optimal string alignment: inserting, dropping, replacing a letter and swapping two neighbours cost
// one each. Both words are at most longest_word bytes.
std::size_t edit_distance(std::string_view a, std::string_view b) noexcept {
  using Row = std::array<std::size_t, longest_word + 1>;
  Row rows[3];
  for (std::size_t j = 0; j <= b.size(); ++j)
    rows[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    Row& row = rows[i % 3];
    const Row& above = rows[(i + 2) % 3];
    const Row& above2 = rows[(i + 1) % 3];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (same ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                           lower(a[i - 2]) == lower(b[j - 1]);
      if (swapped) row[j] = std::min(row[j], above2[j - 2] + 1);
    }
  }
  return rows[a.size() % 3][b.size()];
}

}  // namespace

bool is_token_char(char c) noexcept {
  return has(token_chars, c);
}

bool is_token(std::string_view text) noexcept {
  // Of every name that a peer sends, and few are wrong: one that is need not be told early.
  bool is_good = !text.empty();
  for (const char c : text)
    is_good &= has(token_chars, c);
  return is_good;
}

bool equals_ignore_case(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && starts_with_ignore_case(a, b);
}

bool starts_with_ignore_case(std::string_view text, std::string_view prefix) noexcept {
  if (text.size() < prefix.size()) return false;
  for (std::size_t i = 0; i < prefix.size(); ++i) {
    if (lower(text[i]) != lower(prefix[i])) return false;
  }
  return true;
}

std::string_view trim(std::string_view text) noexcept {
  return trim_set(text, " \t\r\n");
}

std::string_view trim_blanks(std::string_view text) noexcept {
  return trim_set(text, " \t");
}

std::string to_lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

std::string to_upper(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), upper);
  return out;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for_each_part(text, separator, [&](std::string_view part) { parts.push_back(part); });
  return parts;
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string out;
  for (const std::string& part : parts) {
    if (&part != &parts.front()) out += separator;
    out += part;
  }
  return out;
}

std::string replace_all(std::string_view text, std::string_view what, std::string_view with) {
  std::string out;
  if (what.empty()) return std::string(text);
  while (true) {
    const std::size_t at = text.find(what);
    out += text.substr(0, at);
    if (at == std::string_view::npos) return out;
    out += with;
    text.remove_prefix(at + what.size());
  }
}

bool percent_decode(std::string_view text, std::string& out) {
  const std::size_t before = out.size();
  while (!text.empty()) {
    const std::size_t at = text.find('%');
    out += text.substr(0, at);
    if (at == std::string_view::npos) break;
    text.remove_prefix(at + 1);
    const int high = text.size() < 2 ? -1 : hex_value(text[0]);
    const int low = text.size() < 2 ? -1 : hex_value(text[1]);
    if (high < 0 || low < 0) {
      out.resize(before);
      return false;
    }
    out += static_cast<char>(high * 16 + low);
    text.remove_prefix(2);
  }
  return true;
}

std::string query_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == ' ') {
      out += '+';
    } else {
      percent_encode({&c, 1}, "", out);
    }
  }
  return out;
}

void percent_encode(std::string_view text, std::string_view keep, std::string& out) {
  for (char c : text) {
    if (has(unreserved, c) || keep.find(c) != std::string_view::npos) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += hex_upper[byte >> 4];
    out += hex_upper[byte & 15];
  }
}

std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates) {
  if (word.empty() || word.size() > longest_word) return {};
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (std::string_view candidate : candidates) {
    if (candidate.empty() || candidate.size() > longest_word) continue;
    const std::size_t distance = edit_distance(word, candidate);
    // A word of which no letter is left would be a guess, not a correction.
    if (distance >= best_distance || distance >= std::max(word.size(), candidate.size())) continue;
    best = candidate;
    best_distance = distance;
  }
  return best;
}

std::size_t write_decimal(char* to, std::uint64_t value) noexcept {
  // Counted first and written where it belongs: most numbers are short, and a copy would cost more than they do.
  std::size_t size = 1;
  for (std::uint64_t rest = value; rest >= 10; rest /= 10)
    ++size;
  for (char* at = to + size; at != to; value /= 10)
    *--at = static_cast<char>('0' + value % 10);
  return size;
}

std::size_t write_hex(char* to, std::uint64_t value) noexcept {
  char digits[16];
  char* at = digits + sizeof digits;
  do {
    *--at = hex_lower[value & 15];
    value >>= 4;
  } while (value != 0);
  const auto size = static_cast<std::size_t>(digits + sizeof digits - at);
  std::memcpy(to, at, size);
  return size;
}

std::size_t utf8_length(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) {
    return static_cast<unsigned char>(text[i]);
  };
  const auto follows = [&](std::size_t i) {
    return i < text.size() && (byte(i) & 0xc0) == 0x80;
  };
  if (text.empty()) return 0;
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4 || !follows(1)) return 0;
  if (first < 0xe0) return 2;
  // Overlong forms, surrogates and what is above U+10FFFF show in the second byte.
  const unsigned char lowest = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  const unsigned char highest = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  if (byte(1) < lowest || byte(1) > highest || !follows(2)) return 0;
  if (first < 0xf0) return 3;
  return follows(3) ? 4 : 0;
}

std::size_t printable_length(std::string_view text) noexcept {
  const std::size_t length = utf8_length(text);
  if (length == 1) return text[0] >= 0x20 && text[0] != 0x7f ? 1 : 0;
  // U+0080 to U+009F are controls of eight-bit terminals.
  if (length == 2) return text[0] == '\xc2' && static_cast<unsigned char>(text[1]) < 0xa0 ? 0 : 2;
  if (length == 3 && text[0] == '\xe2') {
    // U+2028 to U+202E and U+2066 to U+2069 break lines or turn the writing direction round.
    const auto third = static_cast<unsigned char>(text[2]);
    if (text[1] == '\x80' && third >= 0xa8 && third <= 0xae) return 0;
    if (text[1] == '\x81' && third >= 0xa6 && third <= 0xa9) return 0;
  }
  return length;
}

std::string quoted(std::string_view text, std::size_t limit) {
  std::string out = "\"";
  std::string_view rest = text;
  while (!rest.empty() && text.size() - rest.size() < limit) {
    const std::size_t length = printable_length(rest);
    if (length == 0) {
      const auto byte = static_cast<unsigned char>(rest[0]);
      out += "\\x";
      out += hex_lower[byte >> 4];
      out += hex_lower[byte & 15];
    } else {
      if (rest[0] == '"' || rest[0] == '\\') out += '\\';
      out += rest.substr(0, length);
    }
    rest.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out + (rest.empty() ? "\"" : "...\"");
}

bool equals_constant_time(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  volatile unsigned char difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference = static_cast<unsigned char>(difference | (a[i] ^ b[i]));
  }
  return difference == 0;
}

}  // namespace pm::text
