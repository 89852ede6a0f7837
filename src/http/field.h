// SPDX-License-Identifier: MIT
// field.h -- the header names that this daemon acts on, as one-byte ids.
//
//   in      a field name in any case
//   out     its id, or `other`; the canonical spelling of an id ("X-Forwarded-For")
//   cost    one length switch and one or two compares, no allocation
//   source  RFC 9110; the managed set of static-config.md section 4.2
#pragma once

#include <cstdint>
#include <string_view>

namespace pm::http {

// Below 64 of them, so that a set of ids is one word.
enum class FieldId : std::uint8_t {
  other,
  accept,
  accept_encoding,
  accept_language,
  accept_ranges,
  alt_svc,
  authorization,
  cache_control,
  connection,
  content_encoding,
  content_length,
  content_range,
  content_type,
  cookie,
  date,
  etag,
  expect,
  forwarded,
  host,
  http2_settings,
  idempotency_key,
  if_modified_since,
  if_none_match,
  keep_alive,
  last_modified,
  location,
  origin,
  proxy_authenticate,
  proxy_authorization,
  proxy_connection,
  range,
  referer,
  sec_websocket_key,
  sec_websocket_version,
  server,
  set_cookie,
  te,
  trailer,
  transfer_encoding,
  upgrade,
  user_agent,
  vary,
  via,
  www_authenticate,
  x_forwarded_for,
  x_forwarded_host,
  x_forwarded_method,
  x_forwarded_port,
  x_forwarded_prefix,
  x_forwarded_proto,
  x_forwarded_scheme,
  x_forwarded_server,
  x_forwarded_tls_client_cert,
  x_forwarded_tls_client_cert_info,
  x_forwarded_uri,
  x_idempotency_key,
  x_real_ip,
  x_scheme,
  count_,
};
static_assert(static_cast<unsigned>(FieldId::count_) < 64);

using FieldSet = std::uint64_t;
constexpr FieldSet field_bit(FieldId id) noexcept {
  return FieldSet{1} << static_cast<unsigned>(id);
}

FieldId classify(std::string_view name) noexcept;
std::string_view canonical_name(FieldId id) noexcept;  // "" for `other`

// The spelling that HTTP/1 peers expect ("x-foo-id" -> "X-Foo-Id", as Go's CanonicalMIMEHeaderKey); a name with a byte
// that is no token character is copied as it is. `to` has room for name.size() bytes.
void write_canonical(char* to, std::string_view name) noexcept;

}  // namespace pm::http
