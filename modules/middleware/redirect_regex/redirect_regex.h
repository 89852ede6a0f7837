// SPDX-License-Identifier: MIT
// redirect_regex.h -- the redirectRegex middleware: sends the client to what an expression makes of the URL.
//
//   in      `scheme://host/target` as the client wrote it (scheme by TLS alone); an expression (RE2), a replacement
//   out     302/307, permanent 301/308, to the result; the request goes on when nothing changes
//   cost    one search
//   errors  an expression that is none; 502 when the result is no URL
//   source  middlewares-1.md section 3.2
#pragma once

#include "http/module.h"

namespace pm {

extern const http::MiddlewareModule redirect_regex_middleware;

}  // namespace pm
