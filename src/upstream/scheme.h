// SPDX-License-Identifier: MIT
// scheme.h -- how a server is reached, and what is spoken on a connection to it.
//
//   in      the scheme of a server's URL, lower case
//   out     what that means for a connection; nothing for a scheme that cannot be served
//   source  http-services.md section 7, "Protocol to backend"; RFC 9113 section 3
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace pm::upstream {

// What is spoken once a connection stands: which codec takes it over.
enum class Protocol : std::uint8_t { http1, http2 };

enum class Scheme : std::uint8_t {
  http,
  h2c,          // HTTP/2 with prior knowledge
  https,        // ALPN decides
  https_http1,  // of an https URL as well; HTTP/1.1 alone is offered
};

constexpr bool is_secure(Scheme scheme) noexcept {
  return scheme == Scheme::https || scheme == Scheme::https_http1;
}

// An upgrade is a thing of HTTP/1.1: the way to the same server on which nothing else is spoken.
constexpr Scheme http1_of(Scheme scheme) noexcept {
  return is_secure(scheme) ? Scheme::https_http1 : Scheme::http;
}

constexpr std::optional<Scheme> scheme_named(std::string_view name) noexcept {
  if (name == "http") return Scheme::http;
  if (name == "https") return Scheme::https;
  if (name == "h2c") return Scheme::h2c;
  return std::nullopt;
}

}  // namespace pm::upstream
