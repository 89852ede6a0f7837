// SPDX-License-Identifier: MIT
// options.h -- what a forwardAuth middleware may be told.
#pragma once

#include "config/option.h"

#include <optional>
#include <string>
#include <vector>

namespace pm::forward_auth {

struct TlsChoice {
  std::string ca;
  std::string cert;
  std::string key;
  bool insecure_skip_verify = false;
  config::At<bool> ca_optional;
};

struct ForwardAuthOptions {
  config::At<std::string> address;
  std::optional<bool> trust_forward_header;
  std::vector<std::string> response_headers;
  config::At<std::string> response_headers_regex;
  std::vector<std::string> request_headers;
  std::vector<std::string> cookies;
  std::string header_field;
  bool forward_body = false;
  config::At<std::int64_t> max_body{-1, {}};
  std::optional<config::At<std::int64_t>> max_response;
  bool preserve_location = false;
  bool preserve_method = false;
  std::string signin_url;
  std::optional<TlsChoice> tls;
};

extern const config::Section forward_auth_keys;

}  // namespace pm::forward_auth
