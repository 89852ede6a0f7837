// SPDX-License-Identifier: MIT
#include "rules/lexer.h"

#include "core/text.h"

#include <fmt/format.h>

namespace pm::rules {
namespace {

constexpr bool is_name_start(char c) noexcept {
  return text::is_alpha(c) || c == '_';
}
constexpr bool is_name_char(char c) noexcept {
  return is_name_start(c) || text::is_digit(c);
}

void append_utf8(std::uint32_t rune, std::string& out) {
  const auto put = [&out](std::uint32_t byte) {
    out.push_back(static_cast<char>(byte));
  };
  if (rune < 0x80) return put(rune);
  if (rune < 0x800) {
    put(0xc0 | rune >> 6);
    return put(0x80 | (rune & 0x3f));
  }
  if (rune < 0x10000) {
    put(0xe0 | rune >> 12);
  } else {
    put(0xf0 | rune >> 18);
    put(0x80 | (rune >> 12 & 0x3f));
  }
  put(0x80 | (rune >> 6 & 0x3f));
  put(0x80 | (rune & 0x3f));
}

// The byte that a one-letter escape of Go stands for, or -1.
int simple_escape(char c) noexcept {
  switch (c) {
    case 'a': return '\a';
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'v': return '\v';
    case '\\': return '\\';
    case '"': return '"';
    default: return -1;
  }
}

}  // namespace

Token Lexer::token(TokenKind kind, std::size_t from) const {
  return {kind, static_cast<std::uint32_t>(from), text_.substr(from, at_ - from), {}};
}

Token Lexer::bad(std::size_t at, std::string what, std::string advice) {
  error_ = {static_cast<std::uint32_t>(at), std::move(what), std::move(advice)};
  return {TokenKind::bad, static_cast<std::uint32_t>(at), {}, {}};
}

// False when a comment does not end.
bool Lexer::skip_blanks() {
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      ++at_;
      continue;
    }
    if (!text_.substr(at_).starts_with("/*")) return true;
    const std::size_t end = text_.find("*/", at_ + 2);
    if (end == std::string_view::npos) return false;
    at_ = end + 2;
  }
  return true;
}

Token Lexer::next() {
  if (!skip_blanks()) return bad(at_, "comment is not closed", "write */ behind it");
  if (at_ == text_.size()) return token(TokenKind::end, at_);
  const char c = text_[at_];
  if (c == '`') return raw_string();
  if (c == '"') return quoted_string();
  if (!is_name_start(c)) return symbol();
  const std::size_t from = at_;
  while (at_ < text_.size() && is_name_char(text_[at_]))
    ++at_;
  return token(TokenKind::name, from);
}

Token Lexer::raw_string() {
  const std::size_t from = at_;
  const std::size_t end = text_.find('`', from + 1);
  if (end == std::string_view::npos) {
    return bad(from, fmt::format("string that begins at column {} is not closed", from + 1),
               "write ` behind it");
  }
  at_ = end + 1;
  Token result = token(TokenKind::string, from);
  result.value = text_.substr(from + 1, end - from - 1);
  return result;
}

Token Lexer::quoted_string() {
  const std::size_t from = at_++;
  std::string value;
  while (at_ < text_.size() && text_[at_] != '"' && text_[at_] != '\n') {
    if (text_[at_] != '\\') {
      value.push_back(text_[at_++]);
      continue;
    }
    const std::size_t escape_at = at_;
    if (!escape(value)) {
      return bad(escape_at, fmt::format("unknown escape at column {}", escape_at + 1),
                 "write \\\\ for a backslash, or quote the string with `");
    }
  }
  if (at_ == text_.size() || text_[at_] != '"') {
    return bad(from, fmt::format("string that begins at column {} is not closed", from + 1),
               "write \" behind it");
  }
  ++at_;
  Token result = token(TokenKind::string, from);
  result.value = std::move(value);
  return result;
}

// Reads the escape at at_, which is a backslash.
bool Lexer::escape(std::string& out) {
  if (++at_ == text_.size()) return false;
  const char c = text_[at_];
  const int simple = simple_escape(c);
  if (simple >= 0) {
    out.push_back(static_cast<char>(simple));
    ++at_;
    return true;
  }
  if (c >= '0' && c <= '7') return number_escape(3, 8, false, out);
  ++at_;
  if (c == 'x') return number_escape(2, 16, false, out);
  if (c == 'u') return number_escape(4, 16, true, out);
  if (c == 'U') return number_escape(8, 16, true, out);
  return false;
}

bool Lexer::number_escape(unsigned digits, unsigned base, bool is_rune, std::string& out) {
  std::uint32_t value = 0;
  for (unsigned i = 0; i < digits; ++i) {
    const int digit = at_ < text_.size() ? text::hex_value(text_[at_]) : -1;
    if (digit < 0 || static_cast<unsigned>(digit) >= base) return false;
    value = value * base + static_cast<unsigned>(digit);
    ++at_;
  }
  if (!is_rune) {
    if (value > 255) return false;
    out.push_back(static_cast<char>(value));
    return true;
  }
  if (value > 0x10ffff || (value >= 0xd800 && value < 0xe000)) return false;
  append_utf8(value, out);
  return true;
}

Token Lexer::symbol() {
  const std::size_t from = at_;
  const auto take = [&](TokenKind kind, std::size_t length) {
    at_ += length;
    return token(kind, from);
  };
  const std::string_view rest = text_.substr(at_);
  if (rest.starts_with("&&")) return take(TokenKind::both, 2);
  if (rest.starts_with("||")) return take(TokenKind::either, 2);
  if (rest[0] == '(') return take(TokenKind::open, 1);
  if (rest[0] == ')') return take(TokenKind::close, 1);
  if (rest[0] == ',') return take(TokenKind::comma, 1);
  if (rest[0] == '!' && !rest.starts_with("!=")) return take(TokenKind::negate, 1);

  if (rest[0] == '&')
    return bad(from, fmt::format("unexpected \"&\" at column {}", from + 1), "write &&");
  if (rest[0] == '|')
    return bad(from, fmt::format("unexpected \"|\" at column {}", from + 1), "write ||");
  const std::size_t length = rest.starts_with("!=") || rest.starts_with("==") ? 2 : 1;
  return bad(
      from,
      fmt::format("unexpected {} at column {}", text::quoted(rest.substr(0, length)), from + 1),
      "a rule knows the operators &&, || and !");
}

}  // namespace pm::rules
