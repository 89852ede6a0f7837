// SPDX-License-Identifier: MIT
// redirect_scheme.h -- the redirectScheme middleware: the same URL under another scheme.
//
//   in      scheme (TLS, or what a trusted X-Forwarded-Proto says), Host and target of the request
//   out     302/307, permanent 301/308, to `scheme://host[:port]target`; or the request goes on when that is where it is
//   cost    one URL is put together
//   errors  no scheme
//   source  middlewares-1.md section 3.1
#pragma once

#include "http/module.h"

namespace pm {

extern const http::MiddlewareModule redirect_scheme_middleware;

}  // namespace pm
