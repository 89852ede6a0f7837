// SPDX-License-Identifier: MIT
// content_type.h -- the contentType middleware: says what an answer is when its service does not.
//
//   in      a response with a body and neither Content-Type nor Content-Encoding
//   out     Content-Type by the first 512 bytes at most, as browsers and Go tell it (http/sniff.h)
//   flow    the head waits for the first bytes of the body
//   cost    a look at the head; the table of signatures where something is missing
//   source  middlewares-2.md section 6.3
#pragma once

#include "http/module.h"

namespace pm {

extern const http::MiddlewareModule content_type_middleware;

}  // namespace pm
