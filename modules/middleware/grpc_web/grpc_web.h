// SPDX-License-Identifier: MIT
// grpc_web.h -- the grpcWeb middleware: gRPC calls of pages, which browsers can only send as gRPC-Web.
//
//   in      a call: POST with Content-Type application/grpc-web or application/grpc-web-text, whatever stands behind it;
//           a preflight that asks for X-Grpc-Web. Everything else passes untouched
//   out     request: Content-Type application/grpc, TE: trailers, no length; of -text the body decoded.
//           answer: the client's Content-Type, the trailers in a frame behind the body; of -text all of it encoded again.
//           Of an answer that is no gRPC the body is left alone. CORS fields on every answer to a call
//   flow    streams both ways: each read of the server leaves as a text that can be decoded by itself
//   cost    binary: the frame, in the arena. -text: one pass over the bytes each way, into a buffer of the exchange
//   errors  a request that is no base64: 400, or the answer is cut. Configuration: an origin with a "*" elsewhere
//   source  middlewares-2.md section 6.5; gRPC-Web protocol (PROTOCOL-WEB.md); the Fetch standard
//
//   origins.h  who may call      call_body.h  what becomes of the bytes      grpc_web.cc  what becomes of the heads
#pragma once

#include "http/module.h"

namespace pm {

extern const http::MiddlewareModule grpc_web_middleware;

}  // namespace pm
