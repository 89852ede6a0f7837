// SPDX-License-Identifier: MIT
#include "http/credentials.h"

#include "core/base64.h"
#include "core/text.h"

namespace pm::http {

std::optional<std::string_view> credentials_of(std::string_view field,
                                               std::string_view scheme) noexcept {
  if (!text::starts_with_ignore_case(field, scheme) || field.size() <= scheme.size() ||
      field[scheme.size()] != ' ')
    return std::nullopt;
  return text::trim_blanks(field.substr(scheme.size() + 1));
}

std::optional<UserPassword> read_basic(std::string_view field, Arena& arena) {
  const auto coded = credentials_of(field, "Basic");
  if (!coded) return std::nullopt;
  char* const to = static_cast<char*>(arena.allocate(coded->size() + 3, 1));
  const auto size = base64_decode(*coded, to);
  if (!size) return std::nullopt;
  const std::string_view both(to, *size);
  const std::size_t colon = both.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  return UserPassword{both.substr(0, colon), both.substr(colon + 1)};
}

}  // namespace pm::http
