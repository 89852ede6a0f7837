// SPDX-License-Identifier: MIT
// head.h -- one HTTP/1 head, from its bytes to a Request or Response, refused when it can be read in two ways.
//
//   in      bytes of a connection. scan() finds the end of the head, remembering how far it looked, so that a peer who
//           sends one byte at a time costs linear work; parse_*() then read the whole block once
//   out     the message; every view points into `block`, which the caller has put into the exchange's arena
//   errors  a Fault: the status to answer with, and a word for the log; never an allocation, never a partial message
//   cost    scan: one pass, 32 bytes at a time, which finds the lines too; parse: those lines, or llhttp over them where they hold
//           a surprise, plus the checks of security.md section 2
//   source  RFC 9112 sections 2 to 6; security.md sections 2, 3 and 5
#pragma once

#include "core/arena.h"
#include "h1/bytes.h"
#include "http/request.h"
#include "http/response.h"

#include <string_view>

namespace pm::h1 {

// Why a head is refused. status 0: none, the head is good.
struct Fault {
  std::uint16_t status = 0;   // 400, 414, 417, 431, 501, 505; for a response: 502
  const char* why = nullptr;  // "bare LF in the head"; a constant
  explicit operator bool() const noexcept { return status != 0; }
};

struct HeadLimits {
  std::uint32_t max_bytes = 1048576 + 4096;  // request line and fields
  std::uint32_t max_line = 65536;            // request line alone: 414
  std::uint32_t max_fields = 1000;           // more: 431
};

// Where the search for the end of a head stands. Reset it for the next message.
struct HeadScan {
  std::uint32_t line = 0;    // offset of the line being looked at
  std::uint32_t looked = 0;  // bytes before this hold no line end that was not judged
  // Bytes of empty lines before a request (two are allowed): the head begins behind them.
  std::uint32_t skipped = 0;
  // With complete: bytes of the head, final empty line included, skipped ones too.
  std::uint32_t length = 0;
  bool first_done = false;  // the start line has been seen whole; set for a trailer section
};

enum class Scan : std::uint8_t { incomplete, complete, refused };

// `bytes` is all that has come so far of this message (it begins where the message begins, and only grows between calls
// with the same state). complete: `lines` has those of the head where that was cheap, or none. refused: `fault` says why.
enum class HeadKind : std::uint8_t { request, response };
Scan scan_head(std::string_view bytes, HeadKind kind, const HeadLimits& limits, HeadScan& state,
               Lines& lines, Fault& fault) noexcept;

// `block` is exactly one complete head without the skipped empty lines. Fills method, target, version, authority (as sent),
// framing, content_length, expects_continue, wants_upgrade and headers; path and host are left to http/url. Header names
// and values point into block; values have no blanks around them. `lines`: the block's, or none, and they are looked for.
Fault parse_request(std::string_view block, Lines& lines, const HeadLimits& limits,
                    http::Request& request) noexcept;

// `request_method` decides whether a body can follow (HEAD, and statuses without one). `framing` and `content_length` say
// how the body is delimited; a head that claims a body where none can be has framing none and `claims_body` set.
struct ResponseHead {
  bool keep_alive = false;   // the connection may be used again after this answer
  bool claims_body = false;  // HEAD, 1xx, 204, 304 with a length or a coding: RFC 9112 section 6.3
  bool upgrade = false;      // 101
};
Fault parse_response(std::string_view block, Lines& lines, const HeadLimits& limits,
                     std::string_view request_method, http::Response& response,
                     ResponseHead& head) noexcept;

// Field lines of a trailer section, final empty line included. Forbidden fields (framing, routing, identity, control) are
// left out; a malformed one is a fault.
Fault parse_trailers(std::string_view block, const HeadLimits& limits,
                     http::Headers& trailers) noexcept;

}  // namespace pm::h1
