// SPDX-License-Identifier: MIT
// compress.h -- the compress middleware: answers in fewer bytes, where the client can read them so.
//
//   in      Accept-Encoding of the request; answers that are not compressed yet
//   out     Content-Encoding gzip, br or zstd; Vary: Accept-Encoding on every answer to a client that may get one
//   flow    streams: what has come leaves with the flush that follows it, so that events are not delayed. An answer of unknown
//           length waits until minResponseBodyBytes are there
//   cost    an encoder from the worker's stock; its output is lent from its own buffer
//   errors  an encoding that is not known, a media type that is none, two lists that exclude one another
//   source  middlewares-2.md section 6.2
//
//   choice.h  which encoding      media_type.h  which answers      encoder.h  how
#pragma once

#include "http/module.h"

namespace pm {

extern const http::MiddlewareModule compress_middleware;

}  // namespace pm
