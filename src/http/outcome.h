// SPDX-License-Identifier: MIT
// outcome.h -- why an attempt to get an answer from a server failed, and what that means.
//
//   out     the status that the client gets (decision 2: 502 for every failure of the server, 504 for time-outs), a short code
//           for the log
//   source  http-services.md section 8, security.md section 3
#pragma once

#include <cstdint>
#include <string_view>

namespace pm::http {

enum class Outcome : std::uint8_t {
  no_address,  // the name is not known (yet)
  denied,      // it leads where restrictUpstreams does not
  dns_timed_out,
  refused,  // connect failed
  connect_timed_out,
  tls_failed,  // no handshake: a certificate that is not trusted, an alert, no TLS at all
  tls_timed_out,
  reset,              // the connection broke before the response head
  closed,             // the server ended the connection before the response head
  bad_response,       // malformed, oversized, or not what was asked for
  head_timed_out,     // responseHeaderTimeout
  request_timed_out,  // requestTimeout, or a client too slow with its body
};

constexpr std::uint16_t status_of(Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::dns_timed_out:
    case Outcome::connect_timed_out:
    case Outcome::tls_timed_out:
    case Outcome::head_timed_out:
    case Outcome::request_timed_out: return 504;
    case Outcome::no_address:
    case Outcome::denied:
    case Outcome::refused:
    case Outcome::tls_failed:
    case Outcome::reset:
    case Outcome::closed:
    case Outcome::bad_response: return 502;
  }
  return 502;
}

constexpr std::string_view code_of(Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::no_address: return "no-address";
    case Outcome::denied: return "address-denied";
    case Outcome::dns_timed_out: return "dns-timeout";
    case Outcome::refused: return "connect-refused";
    case Outcome::connect_timed_out: return "connect-timeout";
    case Outcome::tls_failed: return "tls-failed";
    case Outcome::tls_timed_out: return "tls-timeout";
    case Outcome::reset: return "server-reset";
    case Outcome::closed: return "server-closed";
    case Outcome::bad_response: return "bad-response";
    case Outcome::head_timed_out: return "server-timeout";
    case Outcome::request_timed_out: return "request-timeout";
  }
  return "";
}

}  // namespace pm::http
