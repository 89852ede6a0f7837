// SPDX-License-Identifier: MIT
// draft.h -- a router on its way from the configuration to a table; seen by the steps of build() only.
//
//   own     borrows the router of the configuration, or the one that an entry point brings
#pragma once

#include "config/dynamic_model.h"
#include "routing/build.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace pm::routing {

struct Draft {
  const config::Router* source = nullptr;
  std::string name;  // qualified
  bool is_internal = false;
  std::optional<Redirect> redirect;

  // Each step may disable it; none enables it again.
  bool enabled = true;
  const rules::Rule* rule = nullptr;
  std::int64_t priority = 0;
  std::vector<std::uint32_t> entry_points;  // of a root, without duplicates
  bool has_broken_tls =
      false;  // asks for options that cannot be had: its hosts are not served with others

  std::vector<std::uint32_t> parents;   // drafts; those that exist and make no cycle
  std::vector<std::uint32_t> children;  // drafts, in order of name
  bool is_parent = false;               // some reference to it stands
  std::uint32_t built = nowhere;        // of a child: its index in Routing::routers

  bool is_child() const noexcept { return !source->parent_refs.empty(); }
};

// "router \"web\"", for messages.
std::string title(const Draft& draft);

// The advice for a name that is not there: the nearest of `names()`, or `otherwise`. Nobody reads more findings than are
// printed, so a configuration with thousands of wrong names costs no search for each.
using Names = std::vector<std::string_view>;
std::string did_you_mean(const config::Findings& findings, std::string_view name,
                         const std::function<Names()>& names, std::string otherwise);

}  // namespace pm::routing
