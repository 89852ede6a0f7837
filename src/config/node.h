// SPDX-License-Identifier: MIT
// node.h -- a configuration as a tree of nodes, each with its place, before anything is known of its meaning.
//
//   shape   null, scalar, sequence or mapping; a scalar keeps its text and whether it was quoted; mapping entries keep
//           their order and the place of their key. Keys are unique within a mapping, case counts (free names)
//   own     a tree of values; copying copies all of it
//   source  static-config.md section 2
#pragma once

#include "config/mark.h"

#include <string>
#include <string_view>
#include <vector>

namespace pm::config {

enum class NodeKind : std::uint8_t { null, scalar, sequence, mapping };

struct Entry;

struct Node {
  NodeKind kind = NodeKind::null;
  bool quoted = false;
  Mark mark;
  std::string text;            // of a scalar
  std::vector<Node> items;     // of a sequence
  std::vector<Entry> entries;  // of a mapping

  bool is_null() const noexcept { return kind == NodeKind::null; }
  bool is_scalar() const noexcept { return kind == NodeKind::scalar; }
  bool is_sequence() const noexcept { return kind == NodeKind::sequence; }
  bool is_mapping() const noexcept { return kind == NodeKind::mapping; }

  const Entry* find(std::string_view key) const noexcept;              // exact
  const Entry* find_ignore_case(std::string_view key) const noexcept;  // fixed keys
};

struct Entry {
  std::string key;
  Mark key_mark;
  Node value;
};

std::string_view kind_name(NodeKind kind) noexcept;  // "a list", "a section"; for messages

// A scalar as the text that Traefik sees: quoted ones as they are, plain numbers and booleans in their canonical form
// (0x1F is "31", 1_000 is "1000", True is "true", 1.5 is "1.500000", 2.0 is "2").
std::string scalar_text(const Node& scalar);

}  // namespace pm::config
