// SPDX-License-Identifier: MIT
// forward_auth.h -- the forwardAuth middleware: somebody else is asked whether a request may pass.
//
//   in      a request; the address of an auth server
//   out     2xx: the request goes on, with the fields of the auth server's answer that are listed. Anything else is the
//           client's answer. No answer: 500, and the request does not pass
//   flow    the request waits; with forwardBody its body is taken whole first and sent to both
//   cost    a request of our own over a pool of connections to the auth server
//   errors  no address, an expression that is none, a certificate that cannot be used
//   source  middlewares-1.md section 4.6
//
//   options.h  what may be set      request.h  what the auth server sees      forward_auth.cc  the rest
#pragma once

#include "http/module.h"

namespace pm {

extern const http::MiddlewareModule forward_auth_middleware;

}  // namespace pm
