// SPDX-License-Identifier: MIT
// server_url.h -- the URL of a server, as a service names it.
//
//   in      "http://10.0.0.1:8080/app"; user part and query are ignored, as Traefik ignores them
//   out     scheme, host (without brackets), port (80 or 443 when none is named), path without a trailing slash
//   errors  one sentence for the operator
//   source  http-services.md section 2
#pragma once

#include "core/result.h"

#include <string>
#include <string_view>

namespace pm::upstream {

struct ServerUrl {
  std::string scheme;  // lower case
  std::string host;
  std::string authority;  // host[:port] as written, without the user part
  std::uint16_t port = 0;
  std::string path;
};

Result<ServerUrl> parse_server_url(std::string_view text);

}  // namespace pm::upstream
