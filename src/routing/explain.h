// SPDX-License-Identifier: MIT
// explain.h -- why a request takes the route it takes: a few lines for a person.
//
//   in      a Routing, the entry point and kind that a request came in by, the request as the router sees it
//   out     lines without "\n": each router that the index led to, in order, won or why not, then how many it did not; and
//           the same again for the children of the winner
//   cost    cold; at most `max_explained` routers a table are written
#pragma once

#include "routing/build.h"

#include <string>
#include <vector>

namespace pm::routing {

constexpr std::size_t max_explained = 50;

struct Explanation {
  std::uint32_t root = nowhere;  // indexes into Routing::routers: who took the request,
  std::uint32_t leaf =
      nowhere;  // and where it ended; the same without children, nowhere when no child matched
  std::vector<std::string> lines;
};

// Children are matched by the request as it is: what middlewares of parents change is not in it.
Explanation explain(const Routing& routing, std::uint32_t entry_point, Kind kind,
                    const http::Request& request);

}  // namespace pm::routing
