// SPDX-License-Identifier: MIT
#include "upstream/server_url.h"

#include "core/ip.h"
#include "core/number.h"
#include "core/text.h"

#include <algorithm>

namespace pm::upstream {
namespace {

Error bad(std::string what) {
  return Error{Errc::bad_value, "", std::move(what)};
}

bool is_host_char(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return byte > ' ' && byte < 0x7f &&
         std::string_view("\"<>\\^`{|}[]@,;").find(c) == std::string_view::npos;
}

}  // namespace

Result<ServerUrl> parse_server_url(std::string_view text) {
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos || colon == 0) return bad("has no scheme");
  ServerUrl url;
  url.scheme = text::to_lower(text.substr(0, colon));
  const bool secure = url.scheme == "https";
  std::string_view rest = text.substr(colon + 3);
  rest = rest.substr(0, rest.find_first_of("?#"));
  const std::size_t slash = rest.find('/');
  std::string_view authority = rest.substr(0, slash);
  if (slash != std::string_view::npos) url.path = rest.substr(slash);
  while (url.path.ends_with('/'))
    url.path.pop_back();
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos)
    authority.remove_prefix(at + 1);
  url.authority = authority;

  std::string_view port;
  if (authority.starts_with('[')) {
    const std::size_t end = authority.find(']');
    if (end == std::string_view::npos) return bad("has a bracket that is not closed");
    url.host = authority.substr(1, end - 1);
    if (!Address::parse(url.host))
      return bad("has brackets around something that is no IPv6 address");
    port = authority.substr(end + 1);
    if (!port.empty() && !port.starts_with(':')) return bad("has something behind the address");
  } else {
    const std::size_t at = authority.find(':');
    url.host = authority.substr(0, at);
    if (at != std::string_view::npos) port = authority.substr(at);
  }
  if (url.host.empty()) return bad("names no host");
  if (!authority.starts_with('[') && !std::all_of(url.host.begin(), url.host.end(), is_host_char)) {
    return bad("has a byte in its host that no host may have");
  }
  url.port = secure ? 443 : 80;
  if (port.size() > 1) {
    const auto number = parse_u64(port.substr(1));
    if (!number || *number == 0 || *number > 65535) return bad("has a port that is not 1 to 65535");
    url.port = static_cast<std::uint16_t>(*number);
  }
  return url;
}

}  // namespace pm::upstream
