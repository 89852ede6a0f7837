// SPDX-License-Identifier: MIT
// yaml_text.h -- texts and trees written as YAML that reads back as they are.
//
//   out     a plain scalar where that is safe, else a double-quoted one; every byte that could break a line or drive a
//           terminal is escaped
#pragma once

#include "config/node.h"

#include <string>
#include <string_view>

namespace pm::config {

bool looks_secret(std::string_view key);  // "password", "users", but not "usersFile"
bool holds_key(std::string_view text) noexcept;

std::string yaml_text(std::string_view text);
// One line in flow style: {a: [1, "x y"]}. Values of keys that look like secrets are hidden unless `show_secrets`.
std::string yaml_flow(const Node& node, bool show_secrets);

}  // namespace pm::config
