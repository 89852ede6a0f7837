// SPDX-License-Identifier: MIT
#include "config/template_literal.h"

#include "core/number.h"
#include "core/text.h"

namespace pm::config::templates {
namespace {

void append_utf8(std::string& out, std::uint32_t code_point) {
  const auto push = [&out](std::uint32_t byte) {
    out.push_back(static_cast<char>(byte));
  };
  if (code_point < 0x80) return push(code_point);
  if (code_point < 0x800) {
    push(0xC0 | (code_point >> 6));
  } else if (code_point < 0x10000) {
    push(0xE0 | (code_point >> 12));
    push(0x80 | ((code_point >> 6) & 0x3F));
  } else {
    push(0xF0 | (code_point >> 18));
    push(0x80 | ((code_point >> 12) & 0x3F));
    push(0x80 | ((code_point >> 6) & 0x3F));
  }
  push(0x80 | (code_point & 0x3F));
}

// Length of an escape behind its backslash and its value; 0: not one of Go's.
std::size_t read_code(std::string_view text, std::uint32_t& value) noexcept {
  std::size_t digits = 0;
  switch (text[0]) {
    case 'x': digits = 2; break;
    case 'u': digits = 4; break;
    case 'U': digits = 8; break;
    default: return 0;
  }
  if (text.size() < 1 + digits) return 0;
  const auto code = parse_hex(text.substr(1, digits));
  if (!code || *code > 0x10FFFF || (*code >= 0xD800 && *code < 0xE000)) return 0;

  value = static_cast<std::uint32_t>(*code);
  return 1 + digits;
}

std::size_t read_octal(std::string_view text, std::uint32_t& value) noexcept {
  if (text.size() < 3) return 0;
  value = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    if (text[i] < '0' || text[i] > '7') return 0;
    value = value * 8 + static_cast<std::uint32_t>(text[i] - '0');
  }
  return value > 255 ? 0 : 3;
}

// Appends what the escape behind a backslash stands for; its length, or 0.
std::size_t read_escape(std::string_view text, std::string& out) {
  constexpr std::string_view letters = "abfnrtv\\\"";
  constexpr std::string_view values = "\a\b\f\n\r\t\v\\\"";
  if (text.empty()) return 0;
  const std::size_t simple = letters.find(text[0]);
  if (simple != std::string_view::npos) {
    out.push_back(values[simple]);
    return 1;
  }
  std::uint32_t value = 0;
  if (const std::size_t length = read_octal(text, value); length != 0) {
    out.push_back(static_cast<char>(value));
    return length;
  }
  const std::size_t length = read_code(text, value);
  if (length == 0) return 0;

  if (text[0] == 'x') {
    out.push_back(static_cast<char>(value));
  } else {
    append_utf8(out, value);
  }
  return length;
}

}  // namespace

bool unquote(std::string_view token, std::string& out) {
  const char quote = token.front();
  std::string_view body = token.substr(1, token.size() - 2);
  while (!body.empty()) {
    const char c = body[0];
    body.remove_prefix(1);
    // Go drops carriage returns from raw strings.
    if (quote == '`' && c == '\r') continue;
    if (quote == '`' || c != '\\') {
      out.push_back(c);
      continue;
    }
    const std::size_t length = read_escape(body, out);
    if (length == 0) return false;
    body.remove_prefix(length);
  }
  return true;
}

std::optional<Value> parse_number(std::string_view text) {
  const bool negative = text.starts_with('-');
  std::string_view digits = text;
  if (negative || text.starts_with('+')) digits.remove_prefix(1);

  unsigned base = 10;
  if (digits.size() > 1 && digits[0] == '0') {
    const char mark = text::lower(digits[1]);
    base = mark == 'x' ? 16 : mark == 'b' ? 2 : mark == 'o' || text::is_digit(mark) ? 8 : 10;
    if (base != 10) digits.remove_prefix(text::is_digit(mark) ? 1 : 2);
  }
  if (base == 10 && digits.find_first_of(".eE") != std::string_view::npos) {
    const auto real = parse_float(digits);
    if (!real) return std::nullopt;
    return real_value(negative ? -*real : *real);
  }
  std::int64_t sum = 0;
  for (const char c : digits) {
    const int digit = text::hex_value(c);
    if (digit < 0 || static_cast<unsigned>(digit) >= base) return std::nullopt;
    if (__builtin_mul_overflow(sum, static_cast<std::int64_t>(base), &sum)) return std::nullopt;
    if (__builtin_sub_overflow(sum, std::int64_t{digit}, &sum)) return std::nullopt;
  }
  if (digits.empty() || (!negative && sum == INT64_MIN)) return std::nullopt;
  return integer_value(negative ? sum : -sum);
}

}  // namespace pm::config::templates
