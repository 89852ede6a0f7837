// SPDX-License-Identifier: MIT
#include "core/slice.h"
#include "core/text.h"
#include "h1/bytes.h"
#include "h1/fields.h"
#include "h1/head.h"
#include "http/authority.h"

#include <algorithm>

namespace pm::h1 {
namespace {

using http::Framing;
using http::Request;
using http::Version;

constexpr std::size_t max_method = 32;

constexpr Fault bad_line{400, "malformed request line"};

// "HTTP/1.1" and "HTTP/1.0"; another major version is told so.
Fault read_version(std::string_view text, Version& version) noexcept {
  if (text == "HTTP/1.1") {
    version = Version::http11;
    return {};
  }
  if (text == "HTTP/1.0") {
    version = Version::http10;
    return {};
  }
  const bool well_formed = text.size() == 8 && text.starts_with("HTTP/") &&
                           text::is_digit(text[5]) && text[6] == '.' && text::is_digit(text[7]);
  if (!well_formed) return bad_line;
  return text[5] == '1' ? Fault{400, "unknown minor version"} : Fault{505, "unknown major version"};
}

// Of a byte that is_clean() has let through. A "#" is left to http/url: in the query it passes, in the path it does not.
constexpr bool is_target_char(char c) noexcept {
  return static_cast<unsigned char>(c) > ' ';
}

// "http://host:port/path?query": what it names wins over Host (RFC 9112 section 3.2.2).
Fault read_absolute(std::string_view target, std::string_view& authority) noexcept {
  const std::size_t colon = target.find("://");
  if (colon == std::string_view::npos) return {400, "target is neither a path nor a URL"};
  const std::string_view scheme = target.substr(0, colon);
  if (!text::equals_ignore_case(scheme, "http") && !text::equals_ignore_case(scheme, "https")) {
    return {400, "target with another scheme"};
  }
  const std::string_view rest = target.substr(colon + 3);
  authority = rest.substr(0, rest.find_first_of("/?"));
  if (authority.empty()) return {400, "target with an empty authority"};
  if (authority.find('@') != std::string_view::npos) return {400, "target with userinfo"};
  return {};
}

// `authority` is left alone unless the target names one.
Fault read_target(std::string_view method, std::string_view target,
                  std::string_view& authority) noexcept {
  if (target.empty()) return bad_line;
  if (!std::all_of(target.begin(), target.end(), [](char c) { return is_target_char(c); }))
    return {400, "forbidden byte in the target"};
  if (target.front() == '/') return {};
  if (target == "*") return method == "OPTIONS" ? Fault{} : Fault{400, "target * without OPTIONS"};
  return read_absolute(target, authority);
}

// method SP target SP version. A blank too many ends up in the target or in the version, and neither may hold one.
Fault read_line(std::string_view line, Request& request, std::string_view& authority) noexcept {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return bad_line;
  request.method = text::first(line, first);
  request.target = text::behind(text::first(line, last), first + 1);
  if (!text::is_token(request.method)) return {400, "method is no token"};
  if (request.method.size() > max_method) return {400, "method too long"};
  if (const Fault fault = read_version(text::behind(line, last + 1), request.version)) return fault;
  if (request.method == "CONNECT") return {501, "CONNECT"};
  return read_target(request.method, request.target, authority);
}

// The form of the authority that counts is judged with the target; a Host that an absolute target overrides only here.
Fault judge_host(const FieldFacts& facts, Version version, bool overridden, Arena& arena) noexcept {
  if (facts.hosts > 1) return {400, "several Host fields"};
  if (facts.hosts == 0 && version == Version::http11) return {400, "missing required Host header"};
  std::string_view host;
  if (overridden && !http::canonical_host(facts.host, arena, host)) return {400, "malformed Host"};
  return {};
}

Fault judge_expect(const FieldFacts& facts, Request& request) noexcept {
  if (facts.expects == 0) return {};
  if (request.version == Version::http10) {
    // Ignored, so it must not go on to a server that is spoken to in HTTP/1.1.
    request.headers.drop(http::FieldId::expect);
    return {};
  }
  if (facts.expects > 1 || !text::equals_ignore_case(facts.expect, "100-continue")) {
    return {417, "unknown expectation"};
  }
  request.expects_continue = request.framing == Framing::chunked ||
                             (request.framing == Framing::length && request.content_length > 0);
  return {};
}

// One protocol and nothing that could be read as a body before it (RFC 9110 section 7.8).
bool is_upgrade(const FieldFacts& facts, const Request& request) noexcept {
  if (facts.upgrades != 1 || !facts.connection_upgrade) return false;
  if (request.version != Version::http11 || request.method != "GET") return false;
  if (request.framing == Framing::chunked || request.content_length > 0) return false;
  const std::size_t slash = facts.upgrade.find('/');
  const std::string_view name = facts.upgrade.substr(0, slash);
  if (!text::is_token(name)) return false;
  if (slash != std::string_view::npos && !text::is_token(facts.upgrade.substr(slash + 1)))
    return false;
  return !text::equals_ignore_case(name, "h2c") && !text::equals_ignore_case(name, "TLS");
}

}  // namespace

Fault parse_request(std::string_view block, Lines& lines, const HeadLimits& limits,
                    Request& request) noexcept {
  if (!lines.are_of(block) && !is_clean(block))
    return {400, "control byte or bare line end in the head"};
  const std::size_t end = lines.empty() ? block.find('\r') : lines[0].size();
  if (end == std::string_view::npos) return bad_line;
  if (end > limits.max_line) return {414, "request line too long"};

  std::string_view authority;
  if (const Fault fault = read_line(text::first(block, end), request, authority)) return fault;
  FieldFacts facts;
  if (const Fault fault = read_fields(text::behind(block, end + 2), lines, Section::request,
                                      limits.max_fields, request.headers, facts)) {
    return fault;
  }
  if (const Fault fault =
          judge_host(facts, request.version, !authority.empty(), request.headers.arena())) {
    return fault;
  }
  request.authority = authority.empty() ? facts.host : authority;

  BodyFraming body;
  if (const Fault fault = judge_framing(facts, request.version, body)) return fault;
  request.framing = body.framing;
  request.content_length = body.content_length;
  request.wants_upgrade = is_upgrade(facts, request);
  request.keep_alive = !facts.connection_close &&
                       (request.version == Version::http11 || facts.connection_keep_alive);
  return judge_expect(facts, request);
}

}  // namespace pm::h1
