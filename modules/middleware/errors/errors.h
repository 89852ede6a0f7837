// SPDX-License-Identifier: MIT
// errors.h -- the errors middleware: a page of another service in place of an answer with a certain status.
//
//   in      answers of whatever is inside it whose status is listed; nothing of them is kept
//   out     the page, under the status of the answer (or what statusRewrites makes of it). Other answers pass untouched
//   flow    the page streams; a request of our own (http/fetch.h) brings it
//   errors  an item that is no status; a service that does not exist
//   source  middlewares-2.md section 6.4
#pragma once

#include "http/module.h"

namespace pm {

extern const http::MiddlewareModule errors_middleware;

}  // namespace pm
