// SPDX-License-Identifier: MIT
// field_value.h -- whether a text of the configuration can be a name or a value of a header: what no line may be broken by.
//
//   in      a text as an option has it
//   out     check_*(): "" when it is fine, else what to write instead (config::Check)
//   source  RFC 9110 section 5; security.md section 1: what leaves is written anew, and must mean what was meant
#pragma once

#include <string_view>

namespace pm::http {

// No control byte but a tab.
bool is_field_value(std::string_view text) noexcept;

std::string_view check_field_value(std::string_view text);
std::string_view check_field_name(std::string_view text);  // "" too: an option that is not used
std::string_view check_quotable(std::string_view text);    // stands between double quotes

}  // namespace pm::http
