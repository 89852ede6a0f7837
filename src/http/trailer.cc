// SPDX-License-Identifier: MIT
#include "http/trailer.h"

#include "core/text.h"
#include "http/alias.h"

namespace pm::http {
namespace {

constexpr http::FieldSet forbidden =
    // framing and control of the connection
    field_bit(FieldId::connection) | field_bit(FieldId::content_length) |
    field_bit(FieldId::expect) | field_bit(FieldId::http2_settings) |
    field_bit(FieldId::keep_alive) | field_bit(FieldId::proxy_connection) | field_bit(FieldId::te) |
    field_bit(FieldId::trailer) | field_bit(FieldId::transfer_encoding) |
    field_bit(FieldId::upgrade) |
    // routing
    field_bit(FieldId::forwarded) | field_bit(FieldId::host) | field_bit(FieldId::via) |
    field_bit(FieldId::x_real_ip) | field_bit(FieldId::x_scheme) |
    // identity
    field_bit(FieldId::authorization) | field_bit(FieldId::cookie) |
    field_bit(FieldId::proxy_authenticate) | field_bit(FieldId::proxy_authorization) |
    field_bit(FieldId::set_cookie) | field_bit(FieldId::www_authenticate) |
    // how the body and the answer are to be taken
    field_bit(FieldId::cache_control) | field_bit(FieldId::content_encoding) |
    field_bit(FieldId::content_range) | field_bit(FieldId::content_type) |
    field_bit(FieldId::if_modified_since) | field_bit(FieldId::if_none_match) |
    field_bit(FieldId::location) | field_bit(FieldId::range) | field_bit(FieldId::vary);

// Those that have no id because nothing else in this daemon asks for them.
constexpr std::string_view forbidden_names[] = {
    "age",          "expires", "if-match",    "if-range", "if-unmodified-since",
    "max-forwards", "pragma",  "retry-after",
};

}  // namespace

bool is_forbidden_trailer(FieldId id, std::string_view name) noexcept {
  if ((field_bit(id) & forbidden) != 0 || is_forwarding_name(name)) return true;
  if (id != FieldId::other) return false;
  if ((field_bit(classify_folded(name)) & forbidden) != 0) return true;
  for (const std::string_view candidate : forbidden_names) {
    if (text::equals_ignore_case(name, candidate)) return true;
  }
  return false;
}

}  // namespace pm::http
