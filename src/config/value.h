// SPDX-License-Identifier: MIT
// value.h -- one node to one Value as an option allows it, and back to text.
//
//   in      a node that is not null, and an option of a scalar, list or map kind
//   out     the value, or what is wrong with the node; a list names every bad element
//   source  static-config.md section 2
#pragma once

#include "config/node.h"
#include "config/option.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pm::config {

struct Refusal {
  // What is wrong: a detail that is left out, the value, or what kind of a node it is.
  enum class Of : std::uint8_t { detail, value, kind };
  Mark mark;
  std::string what;  // stands behind the path: " \"yes\": not true or false"
  std::string advice;
  Of of = Of::value;
};

// False: `out` is not to be used. An empty list is a value that is not set.
bool read_value(const Node& node, const Option& option, std::vector<Refusal>& refusals, Value& out);

// One line of YAML for a value that is set, of any kind but maps and sections: reading it gives the value back.
std::string value_yaml(const Option& option, const Value& value);

// The twelve spellings of Go's strconv.ParseBool.
std::optional<bool> parse_flag(std::string_view text) noexcept;
// The index of the word whose spellings ("warn|warning") hold `text`, case ignored.
std::optional<std::size_t> find_word(Words words, std::string_view text) noexcept;
std::string_view word_text(Words words, std::size_t index) noexcept;  // its first spelling
std::string words_text(Words words);                                  // "common, json"

}  // namespace pm::config
