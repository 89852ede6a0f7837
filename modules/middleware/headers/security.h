// SPDX-License-Identifier: MIT
// security.h -- which Hosts are served, and what browsers are told about pages.
//
//   source  middlewares-2.md section 6.1, "Security"
#pragma once

#include "http/middleware.h"
#include "modules/middleware/headers/options.h"

#include <string>
#include <vector>

namespace pm::headers {

class Security {
 public:
  explicit Security(const HeadersOptions& options);
  bool takes_host(const http::Request& request) const noexcept;
  bool limits_hosts() const noexcept { return !hosts_.empty(); }
  bool is_on() const noexcept { return is_on_; }
  void apply(http::Link link) const;

 private:
  bool is_secure(const http::Request& request) const noexcept;

  // A field that is set on every answer; `nonce`: its value holds $NONCE.
  struct Fixed {
    std::string name;
    std::string value;
    bool nonce = false;
  };
  void fix(std::string_view name, std::string value);

  std::vector<Fixed> fixed_;
  std::string sts_;
  std::string pins_;
  std::vector<std::string> hosts_;
  std::vector<std::string> host_fields_;
  config::TextMap secure_fields_;
  bool force_sts_;
  bool is_on_;
};

}  // namespace pm::headers
