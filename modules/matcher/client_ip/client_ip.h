// SPDX-License-Identifier: MIT
// client_ip.h -- the ClientIP matcher: the peer, after the PROXY protocol, is an address or in a block of them.
//
//   in      one address or CIDR block; an IPv4 address equals its form mapped into IPv6
//   cost    one masked compare
//   errors  an argument that is neither
//   source  http-routing.md section 3: never X-Forwarded-For
#pragma once

#include "rules/matcher.h"

namespace pm {

extern const rules::MatcherModule client_ip_matcher;

}  // namespace pm
