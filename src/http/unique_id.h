// SPDX-License-Identifier: MIT
// unique_id.h -- a random UUID (version 4) for a request: the same text whoever asks, and none when nobody does.
//
//   source  middlewares-2.md section 10; RFC 9562 section 5.4
#pragma once

#include "http/exchange.h"

#include <string_view>

namespace pm::http {

std::string_view unique_id(Exchange& exchange);  // 36 characters, lower case

}  // namespace pm::http
