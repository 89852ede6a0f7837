// SPDX-License-Identifier: MIT
// encoded_characters.h -- the encodedCharacters middleware: refuses paths that hide characters behind escapes.
//
//   in      request.path, encoded; the query is not looked at
//   out     400 without a body when it holds the escape of a character that is not allowed: / \\ NUL ; % ? #
//   cost    a search for "%"
//   source  middlewares-1.md section 4.9
#pragma once

#include "http/module.h"

namespace pm {

extern const http::MiddlewareModule encoded_characters_middleware;

}  // namespace pm
