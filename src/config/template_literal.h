// SPDX-License-Identifier: MIT
// template_literal.h -- literals of a template: what a token of a number or a string stands for.
//
//   in      tokens as the lexer cut them: strings with their quotes, numbers as written
//   out     a value; nothing, or false, when the token is not one of Go's
//   source  Go's text/template/parse and strconv: 10, -3, 0x1f, 0b101, 0o17, 017, 1.5, 1e3; "\n \x41 \101 \u00e9", `raw`
#pragma once

#include "config/template_value.h"

#include <optional>
#include <string>
#include <string_view>

namespace pm::config::templates {

std::optional<Value> parse_number(std::string_view token);
bool unquote(std::string_view token, std::string& out);

}  // namespace pm::config::templates
