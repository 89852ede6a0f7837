// SPDX-License-Identifier: MIT
// round_robin.h -- the strategy "wrr": servers take turns, as often as their weights say, spread evenly.
//
//   in      weights; which servers are up; the word that all workers count their turns in
//   out     the server whose turn it is; the turn of a server that is down is used up
//   cost    O(1) a pick
//   source  http-services.md section 3
#pragma once

#include "upstream/balancer.h"

namespace pm {

extern const upstream::BalancerModule round_robin_balancer;

}  // namespace pm
