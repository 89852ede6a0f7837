// SPDX-License-Identifier: MIT
// digest_auth.h -- the digestAuth middleware: a name, and proof of a password that is not sent.
//
//   in      Authorization: Digest, with qop=auth and MD5; users as htdigest writes them
//   out     the request goes on, told who the user is where headerField asks for it; else 401 with a fresh nonce
//   cost    three MD5 sums
//   errors  a malformed line, a file that cannot be read; no user at all is allowed, and nobody passes
//   source  middlewares-1.md section 4.5; RFC 7616; [D-4]
//
//   nonces.h  which nonces are ours, and how far they are used      digest_auth.cc  the rest
#pragma once

#include "http/module.h"

namespace pm {

extern const http::MiddlewareModule digest_auth_middleware;

}  // namespace pm
