// SPDX-License-Identifier: MIT
// request.h -- what an auth server is told of a request.
//
//   in      the request as it is at this place of the chain
//   out     the head of the request to the auth server: its fields without those of one hop, by the trust rule, filtered,
//           with our own X-Forwarded-* set on top
//   source  middlewares-1.md section 4.6, the table of trustForwardHeader
#pragma once

#include "http/request.h"

#include <optional>
#include <string>
#include <vector>

namespace pm::forward_auth {

struct RequestRules {
  std::optional<bool> trust;
  std::vector<std::string> only;  // empty: all
  bool keeps_method = false;
  bool keeps_body = false;
  std::string path;  // of the address, encoded
  std::string query;
  std::string authority;
  bool has_query = false;
};

void fill_request(const RequestRules& rules, const http::Request& from, http::Request& to);

}  // namespace pm::forward_auth
