// SPDX-License-Identifier: MIT
// template_lexer.h -- a template as tokens: stretches of text, and the words of actions between {{ and }}.
//
//   in      the whole text; it must outlive the tokens
//   out     one token a call; white space around trim markers is already taken off the stretches of text
//   errors  a token of kind wrong whose `text` says why; the lexer is not asked again
//   source  Go's text/template: "-" is a trim marker only with white space on its inner side
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pm::config::templates {

enum class TokenKind : std::uint8_t {
  end,       // of the file
  wrong,     // text: why
  text,      // outside of actions
  open,      // {{
  close,     // }}
  word,      // a keyword or a function
  variable,  // with its dollar
  dot,
  field,    // .name
  number,   // as written
  string,   // with its quotes
  declare,  // :=
  assign,   // =
  pipe,
  comma,
  left_paren,
  right_paren,
};

struct Token {
  TokenKind kind = TokenKind::end;
  bool apart = false;      // white space stands before it
  std::size_t offset = 0;  // in the file
  std::string_view text;
};

class Lexer {
 public:
  explicit Lexer(std::string_view text) noexcept : text_(text) {}
  Token next() noexcept;

 private:
  Token lex_outside() noexcept;
  Token lex_inside() noexcept;
  Token lex_symbol(bool apart) noexcept;
  Token lex_string(bool apart) noexcept;
  Token lex_number(bool apart) noexcept;
  Token open_action() noexcept;
  Token close_action(bool apart) noexcept;
  Token take(TokenKind kind, std::size_t length, bool apart) noexcept;
  Token refuse(std::string_view why) noexcept { return {TokenKind::wrong, false, at_, why}; }
  std::string_view rest() const noexcept { return text_.substr(at_); }
  void skip_space() noexcept;

  std::string_view text_;
  std::size_t at_ = 0;
  bool inside_ = false;
};

}  // namespace pm::config::templates
