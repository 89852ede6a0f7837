// SPDX-License-Identifier: MIT
// alias.h -- names as they are read by servers that fold them into variables: "X_Forwarded.For" is X-Forwarded-For there.
//
//   in      the name of a field, in any case
//   out     which known field it is once "_" and "." are read as "-"
//   cost    classify: a copy of at most 32 bytes, longer names are no field that we know. Others: a walk over all fields
//   source  security.md section 2, "Header name with underscore"
#pragma once

#include "http/headers.h"

#include <string_view>

namespace pm::http {

FieldId classify_folded(std::string_view name) noexcept;

// "X-Forwarded-" and anything behind it.
bool is_forwarding_name(std::string_view name) noexcept;

// The name with "-" for "_" and ".".
std::string_view folded_copy(std::string_view name, Arena& arena);

// What a middleware says under this name must not be said by the client under another spelling of it.
void drop_other_spellings(Headers& headers, std::string_view name) noexcept;

}  // namespace pm::http
