// SPDX-License-Identifier: MIT
// ip_allow_list.h -- the ipAllowList middleware: some addresses pass, the others are refused.
//
//   in      the address that ipStrategy selects
//   out     rejectStatusCode (403) with its reason phrase when no range contains it, or when there is none to look at
//   cost    a search in the ranges
//   errors  no range, one that is none, a status without a name
//   source  middlewares-1.md sections 4.1 and 4.2 (ipWhiteList, its old name)
#pragma once

#include "http/module.h"

namespace pm {

extern const http::MiddlewareModule ip_allow_list_middleware;

}  // namespace pm
