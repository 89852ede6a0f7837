// SPDX-License-Identifier: MIT
// options.h -- what a headers middleware may be told.
#pragma once

#include "config/option.h"

#include <optional>
#include <string>
#include <vector>

namespace pm::headers {

struct HeadersOptions {
  config::TextMap request;
  config::TextMap response;
  bool expand_variables = false;

  bool allow_credentials = false;
  std::vector<std::string> allow_headers;
  std::vector<std::string> allow_methods;
  std::vector<std::string> allow_origins;
  config::MarkedTexts allow_origin_expressions;
  std::vector<std::string> expose_headers;
  std::optional<std::int64_t> max_age;
  bool add_vary = false;

  std::vector<std::string> allowed_hosts;
  std::vector<std::string> hosts_proxy_headers;
  config::TextMap ssl_proxy_headers;
  std::int64_t sts_seconds = 0;
  bool sts_include_subdomains = false;
  bool sts_preload = false;
  bool force_sts = false;
  bool frame_deny = false;
  bool content_type_nosniff = false;
  bool browser_xss_filter = false;
  bool is_development = false;
  std::string custom_frame_options;
  std::string custom_browser_xss;
  std::string content_security_policy;
  std::string content_security_policy_report_only;
  std::string public_key;
  std::string referrer_policy;
  std::string permissions_policy;

  // Known of old, without effect.
  config::At<bool> ssl_redirect;
  config::At<bool> ssl_temporary_redirect;
  config::At<std::string> ssl_host;
  config::At<bool> ssl_force_host;
  config::At<std::string> feature_policy;
};

extern const config::Section headers_keys;

}  // namespace pm::headers
