// SPDX-License-Identifier: MIT
#include "h2/response_fields.h"

#include "core/number.h"
#include "core/text.h"

namespace pm::h2 {
namespace {

using http::field_bit;
using http::FieldId;

constexpr http::FieldSet forbidden =
    field_bit(FieldId::connection) | field_bit(FieldId::keep_alive) |
    field_bit(FieldId::proxy_connection) | field_bit(FieldId::transfer_encoding) |
    field_bit(FieldId::upgrade);

// Three digits, 101 apart: what it announces does not exist in HTTP/2 (RFC 9113 section 8.6).
bool read_status(std::string_view text, std::uint16_t& status) noexcept {
  if (text.size() != 3 || !text::is_digit(text[0]) || !text::is_digit(text[1]) ||
      !text::is_digit(text[2]))
    return false;
  status = static_cast<std::uint16_t>((text[0] - '0') * 100 + (text[1] - '0') * 10 + text[2] - '0');
  return status >= 100 && status != 101;
}

}  // namespace

void ResponseFields::add(http::Response& response, const FieldLimits& limits, std::string_view name,
                         std::string_view value) {
  bytes_ += field_cost(name, value);
  if (bytes_ > limits.max_bytes || ++fields_ > limits.max_fields) is_bad_ = true;
  if (is_bad_) return;
  if (name.starts_with(':')) {
    is_bad_ = has_status_ || name != ":status" || !read_status(value, response.status);
    has_status_ = true;
    return;
  }
  const FieldId id = http::classify(name);
  is_bad_ = !has_status_ || !is_good_field(name, value) || (field_bit(id) & forbidden) != 0;
  if (is_bad_) return;
  Arena& arena = response.headers.arena();
  const std::string_view kept = arena.copy(value);
  if (id == FieldId::content_length) length_ = kept, ++lengths_;
  response.headers.append(id, canonical_copy(id, name, arena), kept);
}

bool ResponseFields::finish(http::Response& response) noexcept {
  if (is_bad_ || !has_status_ || lengths_ > 1) return false;
  response.framing = http::Framing::chunked;
  if (lengths_ == 0) return true;
  const auto length = parse_u64(length_);
  if (!length) return false;
  response.framing = http::Framing::length;
  response.content_length = *length;
  return true;
}

}  // namespace pm::h2
