// SPDX-License-Identifier: MIT
// access_fields.h -- which facts and which headers a configuration wants in its access log.
//
//   in      accessLog.fields: modes and exceptions by name, case ignored
//   out     AccessFields: a set of fields, the mode of each header
//   cost    fields: a bit test; headers: a walk over the exceptions, which are few
//   source  observability.md sections 3.2 and 3.4; security.md section 8
#pragma once

#include "config/static_model.h"
#include "http/field.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pm::observe {

// In the order of their names, as JSON lines have them.
enum class AccessField : std::uint8_t {
  client_addr,
  client_host,
  client_port,
  client_username,
  connection_number,
  downstream_content_size,
  downstream_status,
  duration,
  gzip_ratio,
  origin_content_size,
  origin_duration,
  origin_status,
  overhead,
  request_addr,
  request_content_size,
  request_count,
  request_host,
  request_method,
  request_path,
  request_port,
  request_protocol,
  request_scheme,
  retry_attempts,
  router_name,
  service_addr,
  service_name,
  service_url,
  start_local,
  start_utc,
  tls_cipher,
  tls_client_subject,
  tls_resumed,
  tls_server_name,
  tls_version,
  termination_reason,
  worker_index,
  entry_point_name,
  count_,
};
std::string_view json_key(AccessField field) noexcept;  // "\"ClientAddr\":"

class AccessFields {
 public:
  explicit AccessFields(const config::AccessFields& options);

  bool keeps(AccessField field) const noexcept {
    return (kept_ >> static_cast<unsigned>(field) & 1) != 0;
  }
  config::FieldMode header_mode(http::FieldId id, std::string_view name) const noexcept;
  bool keeps_any_header() const noexcept { return keeps_any_header_; }
  bool keeps_query() const noexcept { return keeps_query_; }

 private:
  struct HeaderRule {
    std::string name;
    config::FieldMode mode;
  };

  std::uint64_t kept_ = 0;
  std::vector<HeaderRule> headers_;
  config::FieldMode headers_default_;
  bool keeps_any_header_ = false;
  bool keeps_query_ = true;
};

}  // namespace pm::observe
