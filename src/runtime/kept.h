// SPDX-License-Identifier: MIT
// kept.h -- what must live as long as something else does: services and middlewares, by who leads to whom.
//
//   shape   an object and what it leads to. A Route holds those of its chain and its service, so that a connection which
//           lives for days keeps alive what it needs of an old configuration, and nothing else
//   own     shared: by the Runtime that made them, by one another, by routes. Objects point to each other without owning
//   source  architecture.md section 2
#pragma once

#include <memory>
#include <vector>

namespace pm::runtime {

struct Kept;
using KeptPtr = std::shared_ptr<const Kept>;

struct Kept {
  std::shared_ptr<const void> object;  // null: only what it leads to
  std::vector<KeptPtr> needs;
};

}  // namespace pm::runtime
