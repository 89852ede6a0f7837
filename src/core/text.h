// SPDX-License-Identifier: MIT
// text.h -- bytes as ASCII text: views, case folding, tokens, percent coding, cold formatting.
//
//   in      views; nothing here looks at a locale, nothing is UTF-8 aware unless it says so
//   out     views into the input, or text appended to a std::string of the caller (cold paths)
//   cost    linear, no allocation unless a std::string is returned
//   source  RFC 9110 section 5.6.2 (token), RFC 3986 section 2 (percent coding)
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pm::text {

constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}
constexpr bool is_alpha(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}
constexpr char upper(char c) noexcept {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c & ~0x20) : c;
}
constexpr int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  const char l = lower(c);
  return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}
bool is_token_char(char c) noexcept;            // RFC 9110 tchar
bool is_token(std::string_view text) noexcept;  // 1*tchar
bool equals_ignore_case(std::string_view a, std::string_view b) noexcept;
bool starts_with_ignore_case(std::string_view text, std::string_view prefix) noexcept;
std::string_view trim(std::string_view text) noexcept;         // space, tab, CR, LF at both ends
std::string_view trim_blanks(std::string_view text) noexcept;  // space and tab (OWS) at both ends
std::string to_lower(std::string_view text);
std::string to_upper(std::string_view text);

// Calls visit(part) for each part between `separator`s; parts are not trimmed. "" has one empty part.
template <class F>
void for_each_part(std::string_view text, char separator, F&& visit) {
  while (true) {
    const std::size_t at = text.find(separator);
    visit(text.substr(0, at));
    if (at == std::string_view::npos) return;
    text.remove_prefix(at + 1);
  }
}
std::vector<std::string_view> split(std::string_view text, char separator);
std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string replace_all(std::string_view text, std::string_view what, std::string_view with);

// Appends the decoded form; false (and `out` as it was) when a "%" is not followed by two hexadecimal digits.
bool percent_decode(std::string_view text, std::string& out);
// As a value of a query, the way Go's url.QueryEscape writes it: a blank becomes "+".
std::string query_escaped(std::string_view text);
// Keeps what is unreserved, and `keep`.
void percent_encode(std::string_view text, std::string_view keep, std::string& out);

// The candidate nearest to `word` (edit distance, case ignored), or "" when none is near enough to suggest.
std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates);

// Decimal digits into `to` (20 bytes suffice); returns their number. Hexadecimal: lower case, no prefix, 16 bytes suffice.
std::size_t write_decimal(char* to, std::uint64_t value) noexcept;
std::size_t write_hex(char* to, std::uint64_t value) noexcept;

// Length of the well-formed UTF-8 character that `text` begins with; 0: there is none. printable_length() is 0 also for
// control characters and for those that steer a terminal's writing direction.
std::size_t utf8_length(std::string_view text) noexcept;
std::size_t printable_length(std::string_view text) noexcept;

// "path", quoted for a message: control bytes and quotes escaped, cut after `limit` bytes. The quotes are part of it.
std::string quoted(std::string_view text, std::size_t limit = 200);

// The same bytes in the same time whatever they hold; different lengths are unequal at once.
bool equals_constant_time(std::string_view a, std::string_view b) noexcept;

}  // namespace pm::text
