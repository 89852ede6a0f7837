// SPDX-License-Identifier: MIT
// entry.h -- what entry points mean for routers: which are the default ones, what routers they bring of themselves.
//
//   in      the static configuration
//   out     indexes into Static::entry_points; routers of the provider "internal" in the form of configured ones
//   errors  a redirection or a ping whose entry point does not exist is a finding and brings nothing
//   source  static-config.md sections 4 (asDefault, redirections, encodedCharacters), 7.5 and 8
#pragma once

#include "config/findings.h"
#include "config/static_model.h"
#include "routing/draft.h"

#include <deque>
#include <string_view>
#include <vector>

namespace pm::routing {

// Priorities above this are kept for internal routers.
constexpr std::int64_t max_priority = INT64_MAX - 1000;

std::uint32_t find_entry_point(const config::Static& fixed,
                               std::string_view name) noexcept;  // or none
bool is_udp(const config::EntryPoint& entry_point) noexcept;

// Where routers without entryPoints listen: those flagged asDefault, or all when none is; never UDP, never "traefik".
std::vector<std::uint32_t> default_entry_points(const config::Static& fixed);

Names entry_point_names(const config::Static& fixed);
http::EncodedSet forbidden_characters(const config::EntryPoint& entry_point) noexcept;

struct InternalRouter {
  config::Router router;
  std::optional<Redirect> redirect;
};
// Redirections "<ep>-to-<to>", "ping", "prometheus", "api", "dashboard". A deque, since drafts point into it.
std::deque<InternalRouter> internal_routers(const config::Static& fixed,
                                            config::Findings& findings);

}  // namespace pm::routing
