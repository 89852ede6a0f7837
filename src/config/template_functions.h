// SPDX-License-Identifier: MIT
// template_functions.h -- the functions of the template subset.
//
//   in      arguments in the order of Go and sprig: default DEFAULT VALUE, replace OLD NEW TEXT, split TEXT SEPARATOR
//   out     a value; `and` and `or` have no body here, since they do not look at arguments they need not
//   errors  a wrong kind of argument, garbage in base64, a sum that overflows
//   source  Go's text/template and fmt; sprig. Letters beyond ASCII keep their case
#pragma once

#include "config/environment.h"
#include "config/template_value.h"
#include "core/result.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pm::config::templates {

constexpr std::size_t max_list = 100'000;   // elements of one list
constexpr std::size_t max_text = 16 << 20;  // bytes of one text

struct Call {
  const Environment& environment;
  std::span<const Value> arguments;
};

struct Function {
  std::string_view name;
  std::size_t least;  // arguments
  std::size_t most;
  std::string_view usage;
  Result<Value> (*run)(const Call& call);  // null: and, or
};

const Function* find_function(std::string_view name) noexcept;
std::string nearest_function(std::string_view name);  // or ""

Result<Value> run_printf(const Call& call);  // template_printf.cc

}  // namespace pm::config::templates
