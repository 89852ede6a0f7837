// SPDX-License-Identifier: MIT
// trailer.h -- which fields may not stand in a trailer section.
//
//   out     true for framing, routing, identity, control and forwarding fields: a recipient that merges trailers into the
//           head would act on them after everybody had judged the head
//   source  RFC 9110 section 6.5.1; security.md section 2
#pragma once

#include "http/field.h"

#include <string_view>

namespace pm::http {

bool is_forbidden_trailer(FieldId id, std::string_view name) noexcept;

}  // namespace pm::http
