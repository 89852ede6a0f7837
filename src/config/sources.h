// SPDX-License-Identifier: MIT
// sources.h -- static options that do not stand in a file: flags and environment, as trees laid over the file's.
//
//   in      flags "entrypoints.web.address" -> ":80" (names in any case, "[0]" for items of a list); variables
//           TRAEFIK_ENTRYPOINTS_WEB_ADDRESS and POINTSMAN_… (the second wins)
//   out     nodes with marks whose source is "command line" or "environment" (no line), in the shape of the YAML tree
//   errors  empty path elements, indices out of order or too large: findings, and the option is left out
//   source  static-config.md section 1, operations.md section 1
#pragma once

#include "config/environment.h"
#include "config/findings.h"
#include "config/node.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pm::config {

struct StaticFlag {
  std::string path;   // as written, without dashes: "entryPoints.web.address"
  std::string value;  // "true" when none was given to a section or a boolean
  bool forced =
      false;  // a short option (-w, -l, -d, -D, -f): replaces what a file says without a warning
};

enum class FlagKind : std::uint8_t { unknown, section, boolean, scalar, list };

// What the option tables say of a path of the static part; free names match anything.
FlagKind flag_kind(std::string_view path);
// The known path that is nearest to a wrong one ("log.format"), or "".
std::string nearest_flag(std::string_view path);

Node flags_tree(std::span<const StaticFlag> flags, Findings& findings);
Node environment_tree(const Environment& environment, Findings& findings);

// What to say when `over` changes a value that `base` has.
enum class Clash : std::uint8_t { silent, warning, error };
// Lays `over` on `base`: sections are merged key by key (case ignored), any other value replaces.
void lay_over(Node& base, Node over, Clash clash, Findings& findings);

}  // namespace pm::config
