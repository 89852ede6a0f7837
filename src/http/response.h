// SPDX-License-Identifier: MIT
// response.h -- the head of an answer, and whose it is.
//
//   shape   status 100 to 999; headers without framing and hop-by-hop fields: those are made anew by the codec
//   own     views into the exchange's arena, or constants
//   source  RFC 9110 section 15; http-services.md section 8 for the answers that the proxy makes itself
#pragma once

#include "http/headers.h"
#include "http/request.h"

namespace pm::http {

enum class Origin : std::uint8_t { none, server, proxy, middleware };

struct Response {
  explicit Response(Arena& arena) noexcept : headers(arena), trailers(arena) {}

  std::uint16_t status = 0;
  std::string_view reason;  // as the server sent it; HTTP/1 only
  Origin origin = Origin::none;
  // An answer of the proxy's own, because no byte of the request could be brought to a server.
  bool is_unsent = false;
  // As it came from the server; the codec chooses its own towards the client.
  Framing framing = Framing::none;
  std::uint64_t content_length = 0;
  Headers headers;
  Headers trailers;

  void clear() noexcept {
    status = 0;
    reason = {};
    origin = Origin::none;
    is_unsent = false;
    framing = Framing::none;
    content_length = 0;
    headers.clear();
    trailers.clear();
  }
};

// "" when the status has no registered phrase.
std::string_view reason_phrase(std::uint16_t status) noexcept;

}  // namespace pm::http
