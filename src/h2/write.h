// SPDX-License-Identifier: MIT
// write.h -- heads and trailers as field lists for the library, from the parsed form.
//
//   in      a Request or Response and what the codec decided. Fields of the hop are left out, whatever the lists hold
//   out     an array of the arena; the library copies names (in lower case) and values when it is handed over
//   cost    a few instructions a field; the compression is the library's
//   source  RFC 9113 sections 8.2 and 8.3
#pragma once

#include "h2/library.h"
#include "http/client.h"
#include "http/request.h"
#include "http/response.h"

#include <span>
#include <string_view>

namespace pm::h2 {

struct ResponseFrame {
  std::uint16_t status = 0;
  bool has_length = false;
  std::uint64_t content_length = 0;
  std::string_view date;  // written when the response has none; "" for interim answers
};
std::span<nghttp2_nv> response_fields(const http::Response& response, const ResponseFrame& frame,
                                      Arena& arena);
std::span<nghttp2_nv> request_fields(const http::Request& request,
                                     const http::ForwardOptions& options, bool is_secure,
                                     Arena& arena);

// False: there is none to send.
bool submit_trailers(nghttp2_session* library, std::int32_t stream,
                     const http::Headers& trailers) noexcept;

}  // namespace pm::h2
