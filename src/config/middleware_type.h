// SPDX-License-Identifier: MIT
// middleware_type.h -- a type that http.middlewares.<name> may have: its key, and how its options are declared.
//
//   in      one record a type, made from the modules of this build; this room knows no module
//   own     constant data that outlives every load
//   source  middlewares-1.md section 1, rules 1 to 3
#pragma once

#include "config/option.h"

#include <span>
#include <string_view>

namespace pm::config {

struct MiddlewareType {
  std::string_view key;  // "stripPrefix"
  std::string_view help;
  const Section* options = nullptr;
  bool may_be_empty = false;  // {} and true switch it on with its defaults
  bool is_old_name = false;   // another key says the same: warned of, and not in the manual
};

using MiddlewareTypes = std::span<const MiddlewareType>;

const MiddlewareType* find_type(MiddlewareTypes types,
                                std::string_view key) noexcept;  // case ignored

}  // namespace pm::config
