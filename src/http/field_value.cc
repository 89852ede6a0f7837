// SPDX-License-Identifier: MIT
#include "http/field_value.h"

#include "core/text.h"

#include <algorithm>

namespace pm::http {

bool is_field_value(std::string_view text) noexcept {
  return std::none_of(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
  });
}

std::string_view check_field_value(std::string_view text) {
  return is_field_value(text) ? "" : "write it without line breaks and other control characters";
}

std::string_view check_field_name(std::string_view text) {
  return text.empty() || text::is_token(text) ? "" : "write the name of a header, without blanks";
}

std::string_view check_quotable(std::string_view text) {
  const bool is_fine = is_field_value(text) && text.find_first_of("\"\\") == std::string_view::npos;
  return is_fine ? "" : "write it without quotes, backslashes and line breaks";
}

}  // namespace pm::http
