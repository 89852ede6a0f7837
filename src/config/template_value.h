// SPDX-License-Identifier: MIT
// template_value.h -- what a template computes with: truth, number, text, list.
//
//   out     text forms as Go's fmt prints them with %v; quoted forms as %q
//   source  Go's text/template for truth, fmt and strconv for the forms
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pm::config::templates {

enum class ValueKind : std::uint8_t { truth, integer, real, text, list };

struct Value {
  ValueKind kind = ValueKind::truth;
  bool truth = false;
  std::int64_t integer = 0;
  double real = 0;
  std::string text;
  std::vector<Value> items;

  bool is_true() const noexcept;                // not false, 0, "" or an empty list
  std::string_view kind_name() const noexcept;  // "a number", for messages
  std::size_t bytes() const noexcept;           // about what a copy costs
};

Value truth_value(bool truth);
Value integer_value(std::int64_t integer);
Value real_value(double real);
Value text_value(std::string text);
Value list_value(std::vector<Value> items);

std::string to_text(const Value& value);
std::string go_quoted(std::string_view text);  // "…" with Go's escapes

// How many bytes the character at the front of `text` has; a byte that begins none counts as one.
std::size_t character_length(std::string_view text) noexcept;

}  // namespace pm::config::templates
