// SPDX-License-Identifier: MIT
// ip_deny_list.h -- the ipDenyList middleware: some addresses are refused, the others pass.
//
//   in      the address that ipStrategy selects
//   out     rejectStatusCode (403) with its reason phrase when a range contains it; also when there is no address to look
//           at: who hides it might be one of them
//   cost    a search in the ranges
//   errors  no range, one that is none, a status without a name
//   source  middlewares-1.md section 4.3
#pragma once

#include "http/module.h"

namespace pm {

extern const http::MiddlewareModule ip_deny_list_middleware;

}  // namespace pm
