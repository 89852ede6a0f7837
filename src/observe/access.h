// SPDX-License-Identifier: MIT
// access.h -- what is known of one exchange when it ends, as one line of the access log.
//
//   in      a Record of views and numbers, filled by the worker at the end of an exchange; valid for the call only
//   out     one line (common, genericCLF or json), appended to a buffer that the log thread writes
//   errors  none: what cannot be written is dropped and counted
//   cost    no allocation after warm-up; the date is formatted once a second
//   source  observability.md sections 3.2 to 3.4
#pragma once

#include "core/ip.h"
#include "core/number.h"
#include "http/request.h"
#include "http/response.h"

#include <chrono>
#include <string_view>

namespace pm::observe {

struct AccessRecord {
  const http::Request* request = nullptr;
  const http::Response* response =
      nullptr;  // as sent to the client; status 0 when nothing was sent
  const http::Headers* origin_headers =
      nullptr;  // as the server sent them; null when the proxy answered
  std::chrono::system_clock::time_point start;
  Duration duration{};
  Duration origin_duration{};  // until the server's response head; 0 when answered by the proxy
  std::string_view entry_point;
  std::string_view router;           // "web@file", "" when none matched
  std::string_view service;          // "app@file"
  std::string_view server_url;       // "http://10.0.0.1:80", "" when none was chosen
  std::string_view client_username;  // "" is written as "-"
  std::string_view
      forwarded_for;  // X-Forwarded-For after the trust rules, before this hop was appended
  std::string_view termination;      // short code, "" for a normal end
  std::uint64_t request_bytes = 0;   // body bytes received
  std::uint64_t response_bytes = 0;  // body bytes sent
  std::uint64_t origin_bytes = 0;    // body bytes received from the server
  std::uint16_t status = 0;          // what the client got; 499 when it left first
  std::uint16_t origin_status = 0;   // 0: no server answered
  std::uint64_t count = 0;           // RequestCount
  std::uint32_t retries = 0;
  std::uint32_t worker = 0;
  std::uint64_t connection = 0;  // number of the client connection
};

}  // namespace pm::observe
