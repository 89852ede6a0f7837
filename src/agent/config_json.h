// SPDX-License-Identifier: MIT
// config_json.h -- objects of the configuration as JSON, by the option tables: Traefik's keys are ours.
//
//   in      a section's table and its struct; trees of options that nobody has a table for
//   out     what Traefik's omitempty leaves: no empty text, list, map or section; no false and no 0 but where the default is
//           another. Durations as Go prints them
//   errors  none. Secrets are "<redacted>", of a URL its user and password
//   source  observability.md section 4.2
#pragma once

#include "config/node.h"
#include "config/option.h"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>

namespace pm::agent {

nlohmann::ordered_json section_json(const config::Section& section, const void* object);
nlohmann::ordered_json tree_json(const config::Node& node);

std::string without_credentials(std::string_view url);

}  // namespace pm::agent
