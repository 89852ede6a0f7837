// SPDX-License-Identifier: MIT
// internal.h -- the services that a worker answers by itself: ping, noop, whoami, and redirections of entry points.
//
//   in      an Exchange whose response has not started
//   out     the whole answer; the exchange may be gone when the call returns
//   source  static-config.md sections 7.5 and 8, decision 27
#pragma once

#include "http/exchange.h"
#include "routing/build.h"

#include <string_view>

namespace pm::runtime {

void answer_noop(http::Exchange& exchange) noexcept;
// `terminating` is 0, or the status that says that this box is about to go.
void answer_ping(http::Exchange& exchange, std::uint16_t terminating) noexcept;
void answer_whoami(http::Exchange& exchange, std::string_view entry_point) noexcept;
void answer_redirect(http::Exchange& exchange, const routing::Redirect& redirect) noexcept;

}  // namespace pm::runtime
