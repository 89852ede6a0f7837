// SPDX-License-Identifier: MIT
// hop.h -- fields that belong to one hop: forwarding facts on the way in, hop-by-hop fields at the way out.
//
//   in      a Request as it came, and the rules of its entry point; a Request or Response about to leave
//   out     the same, edited: fields dropped, set and appended; new values lie in the exchange's arena
//   cost    tests of a bit set when there is nothing to do; about 1,000 instructions for the X-Forwarded-* set
//   source  static-config.md sections 4.1 and 4.2, http-services.md section 7, security.md section 2, RFC 9110 section 7.6
#pragma once

#include "core/cidr_set.h"
#include "http/request.h"
#include "http/response.h"

#include <string>
#include <vector>

namespace pm::http {

enum class Underscores : std::uint8_t { keep, remove, reject };

// The forwardedHeaders section of an entry point, compiled.
struct ForwardedRules {
  bool trust_all = false;
  CidrSet trusted;
  std::vector<std::string>
      connection_keep;  // names that survive although Connection lists them; lower case
  bool append_for = true;
  bool add_scheme_headers = false;
  Underscores underscores = Underscores::keep;
  std::string server_name;  // this machine's host name
};

// False: the request is refused (400, "Bad Request"), a name holds an underscore.
bool apply_underscores(Request& request, Underscores strategy) noexcept;

// One of the names that only proxies may set, in any spelling ("X-Forwarded-For", "x_real_ip").
bool is_managed(std::string_view name) noexcept;

// Step 8 of the order of work: deletes what an untrusted peer claims, then sets what the server is promised.
void apply_forwarded(Request& request, const ForwardedRules& rules) noexcept;

// The last edit before a request leaves: hop-by-hop fields go, X-Forwarded-For gets the peer.
void prepare_for_server(Request& request, const ForwardedRules& rules) noexcept;

// The same for a response: hop-by-hop fields and those that its Connection names go; framing fields are made anew.
void prepare_for_client(Response& response) noexcept;

}  // namespace pm::http
