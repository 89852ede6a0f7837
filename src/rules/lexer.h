// SPDX-License-Identifier: MIT
// lexer.h -- the words of a rule: names, quoted strings, operators.
//
//   in      the text of a rule; blanks, new lines and comments between words mean nothing
//   out     one token a call; strings decoded (back quotes: raw; double quotes: Go's escapes)
//   errors  a token of kind bad; error() says what and where
//   cost    linear
//   source  http-routing.md section 2; the Go specification, "String literals"
#pragma once

#include "rules/ast.h"

#include <string>
#include <string_view>

namespace pm::rules {

enum class TokenKind : std::uint8_t {
  name,
  string,
  open,
  close,
  comma,
  both,
  either,
  negate,
  end,
  bad
};

struct Token {
  TokenKind kind = TokenKind::end;
  std::uint32_t offset = 0;
  std::string_view text;  // as written
  std::string value;      // of a string, decoded
};

class Lexer {
 public:
  explicit Lexer(std::string_view text) noexcept : text_(text) {}

  Token next();
  const RuleError& error() const noexcept { return error_; }

 private:
  bool skip_blanks();
  Token raw_string();
  Token quoted_string();
  bool escape(std::string& out);
  bool number_escape(unsigned digits, unsigned base, bool is_rune, std::string& out);
  Token symbol();
  Token bad(std::size_t at, std::string what, std::string advice = {});
  Token token(TokenKind kind, std::size_t from) const;

  std::string_view text_;
  std::size_t at_ = 0;
  RuleError error_;
};

}  // namespace pm::rules
