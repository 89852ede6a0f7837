// SPDX-License-Identifier: MIT
// fields.h -- the field lines of one head or trailer section, each judged, facts of framing noted. Lines that hold no surprise are
// read here; whatever else there is goes to llhttp, and is judged again.
//
//   in      the lines with the empty line that ends them; is_clean() has been true for them. `plain` may hold the same lines,
//           behind a start line
//   out     Headers of views into the lines, values without blanks around them; FieldFacts
//   errors  a Fault of 400 or 431; callers turn it into what their end answers
//   cost    of plain lines about 80 instructions each, else llhttp's
//   source  RFC 9112 section 5; security.md section 2
#pragma once

#include "h1/bytes.h"
#include "h1/head.h"

#include <cstdint>
#include <string_view>

namespace pm::h1 {

std::string_view parser_version() noexcept;  // of the library that this build holds

// The fields that decide what the codec does. A value is that of the last such field; more than one is for the caller to
// refuse where it matters.
struct FieldFacts {
  std::string_view host;
  std::string_view content_length;
  std::string_view transfer_encoding;
  std::string_view expect;
  std::string_view upgrade;
  std::uint16_t hosts = 0;
  std::uint16_t content_lengths = 0;
  std::uint16_t transfer_encodings = 0;
  std::uint16_t expects = 0;
  std::uint16_t upgrades = 0;
  bool connection_close = false;
  bool connection_keep_alive = false;
  bool connection_upgrade = false;
};

enum class Section : std::uint8_t { request, response, trailers };

// In trailers, fields that may not be there (framing, routing, identity, control) are read and left out.
Fault read_fields(std::string_view lines, const Lines& plain, Section section,
                  std::uint32_t max_fields, http::Headers& fields, FieldFacts& facts) noexcept;

// How the facts delimit a body, in one reading only.
struct BodyFraming {
  http::Framing framing = http::Framing::none;  // none: neither a length nor a coding was given
  std::uint64_t content_length = 0;
};
Fault judge_framing(const FieldFacts& facts, http::Version version, BodyFraming& body) noexcept;

}  // namespace pm::h1
