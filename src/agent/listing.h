// SPDX-License-Identifier: MIT
// listing.h -- what part of a catalog a request wants to see, and in which order.
//
//   in      the query: search, status, serviceName, middlewareName, sortBy, direction, page, per_page
//   out     the rows of that page, the number of the next one (1: there is none)
//   errors  a page that is not there, or a number that is none: a sentence for the client
//   source  observability.md section 4.2, "List parameters"
#pragma once

#include "agent/catalog.h"
#include "core/result.h"

#include <string_view>
#include <vector>

namespace pm::agent {

struct Listing {
  std::vector<const Row*> rows;
  std::size_t next_page = 1;
};

Result<Listing> list(const std::vector<Row>& all, std::string_view query);

}  // namespace pm::agent
