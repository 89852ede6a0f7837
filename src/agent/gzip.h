// SPDX-License-Identifier: MIT
// gzip.h -- an answer of the agent, packed.
//
//   in      a text that is there whole; the fields of a request
//   out     the same as one gzip member; nothing when the library has no memory
//   cost    about 10 ms a megabyte, in the agent
//   source  RFC 1952; RFC 9110 section 12.5.3
#pragma once

#include "http/headers.h"

#include <optional>
#include <string>
#include <string_view>

namespace pm::agent {

bool accepts_gzip(const http::Headers& fields) noexcept;
std::optional<std::string> gzip(std::string_view text);

}  // namespace pm::agent
