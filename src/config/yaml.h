// SPDX-License-Identifier: MIT
// yaml.h -- YAML text to a tree of nodes with places.
//
//   in      one document, UTF-8, with anchors, aliases and merge keys ("<<"); no tags, no second document
//   out     a Node; an empty document is a null node. Plain "", "~", "null" are null; other scalars keep their text
//   errors  syntax, duplicate keys, keys that are not scalars, and anything over the bounds below: a finding with its
//           line and column in bytes; the node is then null
//   cost    linear in the text plus what aliases expand to; never recurses deeper than max_depth
//   source  YAML 1.1 as libyaml reads it; static-config.md section 2
#pragma once

#include "config/findings.h"
#include "config/node.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pm::config {

constexpr std::size_t max_depth = 100;        // of nested lists and sections
constexpr std::size_t max_nodes = 1'000'000;  // values of a document
constexpr std::size_t max_copies = 200'000;   // of them, copies made for anchors and aliases
constexpr std::size_t max_text = 64 << 20;    // bytes of all keys and scalars, aliases expanded
constexpr std::size_t max_scalar = 1 << 20;   // bytes of one scalar
constexpr std::size_t max_key = 1024;         // bytes of one key

std::string_view yaml_version() noexcept;  // of the library that is loaded

bool parse_yaml(std::string_view text, std::uint32_t source, Findings& findings, Node& out);

}  // namespace pm::config
