// SPDX-License-Identifier: MIT
// basic_auth.h -- the basicAuth middleware: a name and a password, checked against a list.
//
//   in      Authorization: Basic
//   out     the request goes on, told who the user is where headerField asks for it; else 401 with a challenge. 503 when
//           more checks wait than may
//   flow    slow hashes are computed by pool threads; the same question asked twice at once is answered once
//   cost    a right password is remembered for a minute, as a keyed digest: a table look-up then
//   errors  no user at all, a malformed line, a file that cannot be read
//   source  middlewares-1.md section 4.4; [D-3]
//
//   password.h  one hash      checker.h  many questions      basic_auth.cc  the rest
#pragma once

#include "http/module.h"

namespace pm {

extern const http::MiddlewareModule basic_auth_middleware;

}  // namespace pm
