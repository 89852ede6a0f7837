// SPDX-License-Identifier: MIT
#include "config/template_lexer.h"

#include "core/text.h"

namespace pm::config::templates {
namespace {

constexpr std::string_view left_delimiter = "{{";
constexpr std::string_view right_delimiter = "}}";

bool is_space(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool is_word_char(char c) noexcept {
  return text::is_alpha(c) || text::is_digit(c) || c == '_' ||
         (static_cast<unsigned char>(c) & 0x80) != 0;
}

std::size_t word_length(std::string_view text) noexcept {
  std::size_t length = 0;
  while (length < text.size() && is_word_char(text[length]))
    ++length;
  return length;
}

// "- " behind {{
bool has_left_trim(std::string_view text) noexcept {
  return text.size() >= 2 && text[0] == '-' && is_space(text[1]);
}

// " -}}": the blank belongs to the marker
bool has_right_trim(std::string_view text) noexcept {
  return text.size() >= 2 && is_space(text[0]) && text[1] == '-' &&
         text.substr(2).starts_with(right_delimiter);
}

std::string_view trim_right(std::string_view text) noexcept {
  while (!text.empty() && is_space(text.back()))
    text.remove_suffix(1);
  return text;
}

}  // namespace

Token Lexer::next() noexcept {
  return inside_ ? lex_inside() : lex_outside();
}

Token Lexer::take(TokenKind kind, std::size_t length, bool apart) noexcept {
  Token token{kind, apart, at_, text_.substr(at_, length)};
  at_ += length;
  return token;
}

void Lexer::skip_space() noexcept {
  while (at_ < text_.size() && is_space(text_[at_]))
    ++at_;
}

// Text up to the next action. Comments are read here: they are no actions.
Token Lexer::lex_outside() noexcept {
  while (at_ < text_.size()) {
    const std::size_t begin = at_;
    const std::size_t open = text_.find(left_delimiter, at_);
    if (open == std::string_view::npos) return take(TokenKind::text, text_.size() - at_, false);

    std::string_view before = text_.substr(begin, open - begin);
    if (has_left_trim(text_.substr(open + left_delimiter.size()))) before = trim_right(before);
    at_ = open;
    if (!before.empty()) return {TokenKind::text, false, begin, before};

    const Token token = open_action();
    if (token.kind != TokenKind::text) return token;
  }
  return {TokenKind::end, false, at_, {}};
}

// At "{{": an open token, or an empty text token when a comment was skipped.
Token Lexer::open_action() noexcept {
  const std::size_t start = at_;
  at_ += left_delimiter.size();
  if (has_left_trim(rest())) at_ += 2;
  if (!rest().starts_with("/*")) {
    inside_ = true;
    return {TokenKind::open, false, start, text_.substr(start, at_ - start)};
  }
  const std::size_t end = text_.find("*/", at_ + 2);
  if (end == std::string_view::npos) return refuse("the comment is not closed");

  at_ = end + 2;
  const bool trims = has_right_trim(rest());
  if (!trims && !rest().starts_with(right_delimiter)) {
    return refuse("a comment ends with */}} or */ -}}");
  }
  at_ += right_delimiter.size() + (trims ? 2 : 0);
  if (trims) skip_space();
  return {TokenKind::text, false, start, {}};
}

Token Lexer::close_action(bool apart) noexcept {
  const bool trims = has_right_trim(rest());
  const Token token = take(TokenKind::close, right_delimiter.size() + (trims ? 2 : 0), apart);
  if (trims) skip_space();
  inside_ = false;
  return token;
}

Token Lexer::lex_inside() noexcept {
  bool apart = false;
  while (at_ < text_.size() && is_space(text_[at_])) {
    if (has_right_trim(rest())) return close_action(apart);
    ++at_;
    apart = true;
  }
  if (at_ >= text_.size()) return refuse("the action is not closed with }}");
  if (rest().starts_with(right_delimiter)) return close_action(apart);

  const char c = text_[at_];
  if (c == '"' || c == '`') return lex_string(apart);
  if (c == '$') return take(TokenKind::variable, 1 + word_length(rest().substr(1)), apart);
  const char after = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
  if (text::is_digit(c) || c == '+' || c == '-' || (c == '.' && text::is_digit(after)))
    return lex_number(apart);
  if (c == '.') {
    const std::size_t length = word_length(rest().substr(1));
    return take(length == 0 ? TokenKind::dot : TokenKind::field, 1 + length, apart);
  }
  if (is_word_char(c)) return take(TokenKind::word, word_length(rest()), apart);
  return lex_symbol(apart);
}

Token Lexer::lex_symbol(bool apart) noexcept {
  switch (text_[at_]) {
    case ':':
      if (!rest().starts_with(":=")) return refuse("expected :=");
      return take(TokenKind::declare, 2, apart);
    case '=': return take(TokenKind::assign, 1, apart);
    case '|': return take(TokenKind::pipe, 1, apart);
    case ',': return take(TokenKind::comma, 1, apart);
    case '(': return take(TokenKind::left_paren, 1, apart);
    case ')': return take(TokenKind::right_paren, 1, apart);
    case '\'': return refuse("characters in single quotes are not supported; write \"text\"");
    case '/': return refuse("a comment stands right behind its delimiter: {{/* ... */}}");
    default: return refuse("this character has no meaning in an action");
  }
}

Token Lexer::lex_string(bool apart) noexcept {
  const char quote = text_[at_];
  for (std::size_t i = at_ + 1; i < text_.size(); ++i) {
    if (text_[i] == quote) return take(TokenKind::string, i + 1 - at_, apart);
    if (quote == '`') continue;
    if (text_[i] == '\n') break;
    if (text_[i] == '\\') ++i;
  }
  return refuse("the string is not closed");
}

Token Lexer::lex_number(bool apart) noexcept {
  const std::string_view text = rest();
  std::size_t length = 1;
  while (length < text.size()) {
    const bool exponent_sign =
        (text[length] == '+' || text[length] == '-') && text::lower(text[length - 1]) == 'e';
    if (!is_word_char(text[length]) && text[length] != '.' && !exponent_sign) break;
    ++length;
  }
  return take(TokenKind::number, length, apart);
}

}  // namespace pm::config::templates
