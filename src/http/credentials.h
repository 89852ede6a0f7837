// SPDX-License-Identifier: MIT
// credentials.h -- what an Authorization field carries: a scheme, and what stands behind it.
//
//   source  RFC 9110 section 11.4; RFC 7617
#pragma once

#include "core/arena.h"

#include <optional>
#include <string_view>

namespace pm::http {

// What follows the scheme's name (compared without case); nothing when the field is of another scheme.
std::optional<std::string_view> credentials_of(std::string_view field,
                                               std::string_view scheme) noexcept;

struct UserPassword {
  std::string_view user;
  std::string_view password;
};
// Of the scheme Basic; nothing when the text is no base64, or has no colon.
std::optional<UserPassword> read_basic(std::string_view field, Arena& arena);

}  // namespace pm::http
