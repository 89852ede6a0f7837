// SPDX-License-Identifier: MIT
// request.h -- the head of a request as everybody after the codec sees it: parsed once, judged once.
//
//   shape   method      as sent, case kept                                   "GET", "purge"
//           target      the request target as received                       "/a/../b?x=1", "http://h/x", "*"
//           path        encoded; normalised and sanitised by the entry point: "/b"; "*" for OPTIONS *
//           query       behind the first "?", without it; has_query tells "/x?" from "/x"
//           routing_path  path with all but reserved characters decoded (http-routing.md section 6); what rules see
//           authority   Host as sent, port included; the authority of an absolute-form target wins. "" in HTTP/1.0
//           host        canonical host: lower case, no port, no brackets, trimmed
//   own     views into the exchange's arena
//   source  RFC 9110 sections 6 to 9, http-routing.md sections 3 and 6
#pragma once

#include "core/ip.h"
#include "http/headers.h"
#include "http/secure.h"

#include <string_view>

namespace pm::http {

enum class Version : std::uint8_t { http10, http11, http2 };

// How the body is delimited on the wire it came in by; one reading only.
enum class Framing : std::uint8_t { none, length, chunked, until_close };

struct Request {
  explicit Request(Arena& arena) noexcept : headers(arena), trailers(arena) {}

  std::string_view head;  // the bytes as received, start line to empty line; HTTP/1 only
  std::string_view method;
  std::string_view target;
  std::string_view path;
  std::string_view query;
  std::string_view routing_path;
  std::string_view authority;
  std::string_view host;
  Version version = Version::http11;
  Framing framing = Framing::none;
  bool has_query = false;
  bool keep_alive = false;  // the client lets its connection be used again; HTTP/1 only
  bool expects_continue = false;
  bool wants_upgrade =
      false;  // Connection: upgrade with one token in Upgrade, HTTP/1.1, GET, no body
  bool has_named_peer =
      false;  // that was done; forwarded_for is what the field was before, "" where there was none
  std::string_view forwarded_for;
  bool names_peer = true;  // X-Forwarded-For gets the client's address when the request leaves
  std::uint64_t content_length = 0;     // with Framing::length
  const SecureFacts* secure = nullptr;  // of the TLS connection it came over; null: plain
  Endpoint client;                      // peer, after the PROXY protocol
  std::string_view client_text;         // its address, once somebody has asked for it
  Headers headers;
  Headers trailers;  // complete when the body has ended
};

// Everything but the trailers, which belong to the body. Both have arenas of their own or the same; the text is shared.
void copy_head(const Request& from, Request& to);

}  // namespace pm::http
