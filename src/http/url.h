// SPDX-License-Identifier: MIT
// url.h -- the request target, judged and cleaned once, before anybody looks at it.
//
//   in      request.target and request.authority (Host as sent) as the codec left them: "/a/../b?x=1", "http://h/x", "*"
//   out     path      normalised (unreserved decoded, other escapes upper case, bytes that no path may hold escaped) and,
//                     unless switched off, sanitised (one "/" at a time, no dot segments): what rules and servers see
//           query     as it is forwarded: ";" turned into "&", or into "%3B"
//           routing_path, authority, host   as http/request.h says
//   own     views into the target, or into the arena of the request's headers where something had to change
//   cost    one table look-up a byte; a copy only when something changes
//   errors  a TargetFault: 400, empty body, close; nothing of the request may be used then
//   source  http-routing.md section 6, static-config.md section 4.1, security.md section 2; RFC 3986, RFC 9112 section 3.2
#pragma once

#include "http/request.h"

#include <cstdint>
#include <string_view>

namespace pm::http {

struct PathOptions {
  bool sanitize = true;            // entryPoints.X.http.sanitizePath
  bool encode_semicolons = false;  // entryPoints.X.http.encodeQuerySemicolons
};

// Why a target is refused. status 0: it is good.
struct TargetFault {
  std::uint16_t status = 0;   // 400
  const char* why = nullptr;  // "raw \"#\" in the path"; a constant
  explicit operator bool() const noexcept { return status != 0; }
};

// Everything above in one step. OPTIONS * keeps "*" as its path: it is answered without routing.
TargetFault resolve_target(Request& request, PathOptions options) noexcept;

// For those who change request.path later (middlewares): the same steps one by one.
// `path` is encoded and free of "?"; the fault is an escape that is none, or a byte that no target may hold.
TargetFault normalize_path(std::string_view& path, Arena& arena) noexcept;
std::string_view sanitize_path(std::string_view path, Arena& arena) noexcept;
std::string_view routing_path(std::string_view path, Arena& arena) noexcept;

// Characters that an entry point may forbid in their encoded form; a set of them is one byte.
enum class EncodedChar : std::uint8_t {
  slash = 1,
  back_slash = 2,
  null_character = 4,
  semicolon = 8,
  percent = 16,
  question_mark = 32,
  hash = 64,
};
using EncodedSet = std::uint8_t;

// True when the normalised `path` holds the escape of a character of `forbidden`. The query is not looked at.
bool has_encoded(std::string_view path, EncodedSet forbidden) noexcept;

}  // namespace pm::http
