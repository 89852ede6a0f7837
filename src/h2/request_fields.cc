// SPDX-License-Identifier: MIT
#include "h2/request_fields.h"

#include "core/base64.h"
#include "core/number.h"
#include "core/random.h"
#include "core/text.h"
#include "http/authority.h"
#include "http/trailer.h"

#include <algorithm>
#include <array>

namespace pm::h2 {
namespace {

using http::field_bit;
using http::FieldId;
using http::Framing;
using http::Request;

constexpr std::size_t max_method = 32;
constexpr int flood_factor = 4;
constexpr std::size_t max_digits = 18;  // of a length: below 2^63 whatever they are

// RFC 9113 section 8.2.2: of a connection of HTTP/1.
constexpr http::FieldSet forbidden =
    field_bit(FieldId::connection) | field_bit(FieldId::keep_alive) |
    field_bit(FieldId::proxy_connection) | field_bit(FieldId::transfer_encoding) |
    field_bit(FieldId::upgrade) | field_bit(FieldId::http2_settings);

constexpr bool is_forbidden_in_value(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < ' ' && c != '\t') || byte == 0x7F;
}

constexpr bool is_blank(char c) noexcept {
  return c == ' ' || c == '\t';
}

bool is_lower_token(std::string_view name) noexcept {
  return text::is_token(name) &&
         std::none_of(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

bool is_clean_value(std::string_view value) noexcept {
  return std::none_of(value.begin(), value.end(), is_forbidden_in_value);
}

bool is_target_char(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return byte > ' ' && byte != 0x7F;
}

std::string_view new_websocket_key(Arena& arena) {
  std::array<char, 16> nonce;
  fill_secret(nonce.data(), nonce.size());
  return arena.copy(base64_encode({nonce.data(), nonce.size()}));
}

}  // namespace

std::string_view canonical_copy(FieldId id, std::string_view name, Arena& arena) {
  if (id != FieldId::other) return http::canonical_name(id);
  char* const to = static_cast<char*>(arena.allocate(name.size(), 1));
  http::write_canonical(to, name);
  return {to, name.size()};
}

bool is_good_field(std::string_view name, std::string_view value) noexcept {
  if (!is_lower_token(name) || !is_clean_value(value)) return false;
  return value.empty() || (!is_blank(value.front()) && !is_blank(value.back()));
}

void RequestFields::add(Request& request, const FieldLimits& limits, std::string_view name,
                        std::string_view value) {
  bytes_ += field_cost(name, value);
  if (!name.starts_with(':')) ++fields_;
  if (bytes_ > limits.max_bytes) note(FieldFault::too_large);
  if (fields_ > limits.max_fields) note(FieldFault::too_many);
  if (bytes_ > flood_factor * limits.max_bytes) note(FieldFault::flood);
  if (fault_ != FieldFault::none) return;
  if (name.starts_with(':')) return add_pseudo(request, limits, name, value);
  add_field(request, name, value);
}

void RequestFields::add_pseudo(Request& request, const FieldLimits& limits, std::string_view name,
                               std::string_view value) {
  struct Known {
    std::string_view name;
    Pseudo field;
  };
  constexpr Known known[] = {{":method", Pseudo::method},
                             {":scheme", Pseudo::scheme},
                             {":path", Pseudo::path},
                             {":authority", Pseudo::authority},
                             {":protocol", Pseudo::protocol}};
  const auto* found = std::find_if(std::begin(known), std::end(known),
                                   [name](const Known& each) { return each.name == name; });
  const bool is_late = request.headers.slots() > 0 || hosts_ > 0;
  if (found == std::end(known) || has(found->field) || is_late || !is_clean_value(value))
    return refuse();
  seen_ |= static_cast<std::uint8_t>(found->field);
  const std::string_view kept = request.headers.arena().copy(value);
  switch (found->field) {
    case Pseudo::method: request.method = kept; return;
    case Pseudo::scheme: scheme_ = kept; return;
    case Pseudo::authority: request.authority = kept; return;
    case Pseudo::protocol:
      if (kept != "websocket") refuse();
      return;
    case Pseudo::path: break;
  }
  request.target = kept;
  if (kept.size() > limits.max_line) note(FieldFault::long_path);
}

void RequestFields::add_field(Request& request, std::string_view name, std::string_view value) {
  const FieldId id = http::classify(name);
  if (!is_good_field(name, value) || (field_bit(id) & forbidden) != 0) return refuse();
  Arena& arena = request.headers.arena();
  const std::string_view kept = arena.copy(value);
  if (id == FieldId::host) {
    host_ = kept;
    ++hosts_;
    return;
  }
  if (id == FieldId::te && !text::equals_ignore_case(value, "trailers")) return refuse();
  if (id == FieldId::content_length) length_ = kept, ++lengths_;
  if (id == FieldId::expect) expect_ = kept, ++expects_;
  if (id == FieldId::cookie) ++cookies_;
  const std::string_view spelling =
      id == FieldId::other ? arena.copy(name) : http::canonical_name(id);
  request.headers.append(id, spelling, kept);
}

FieldFault RequestFields::finish(Request& request, bool ends) {
  request.version = http::Version::http2;
  request.keep_alive = true;
  if (fault_ != FieldFault::none) return fault_;
  if (!judge_pseudo(request) || !judge_framing(request, ends)) return FieldFault::malformed;
  if (cookies_ > 1) join_cookies(request);
  if (expects_ > 0) {
    if (expects_ > 1 || !text::equals_ignore_case(expect_, "100-continue"))
      return FieldFault::expectation;
    request.expects_continue = !ends;
  }
  return FieldFault::none;
}

bool RequestFields::judge_pseudo(Request& request) noexcept {
  if (!has(Pseudo::method) || !has(Pseudo::scheme) || !has(Pseudo::path)) return false;
  if (!text::is_token(request.method) || request.method.size() > max_method) return false;
  if (scheme_ != "http" && scheme_ != "https") return false;
  if (hosts_ > 1) return false;
  if (!has(Pseudo::authority)) request.authority = host_;
  if (hosts_ == 1 && !text::equals_ignore_case(host_, request.authority)) return false;
  std::string_view host;
  if (request.authority.empty() ||
      !http::canonical_host(request.authority, request.headers.arena(), host))
    return false;
  const std::string_view path = request.target;
  if (path.empty() || !std::all_of(path.begin(), path.end(), is_target_char)) return false;
  const bool is_server_wide = path == "*" && request.method == "OPTIONS";
  if (path.front() != '/' && !is_server_wide) return false;
  // RFC 9113 section 8.3.1: no fragment, and none of it may be taken for a part of the path.
  if (path.find('#') != std::string_view::npos) return false;
  if (request.method == "CONNECT") return has(Pseudo::protocol) && judge_upgrade(request);
  return !has(Pseudo::protocol);
}

// RFC 8441: what follows is what an upgrade of HTTP/1.1 opens, and everybody behind the codec sees it as one.
bool RequestFields::judge_upgrade(Request& request) {
  http::Headers& headers = request.headers;
  if (lengths_ > 0) return false;
  request.method = "GET";
  request.wants_upgrade = true;
  headers.append(FieldId::upgrade, "websocket");
  headers.set(FieldId::sec_websocket_key, new_websocket_key(headers.arena()));
  return true;
}

bool RequestFields::judge_framing(Request& request, bool ends) noexcept {
  if (request.wants_upgrade) {
    request.framing = Framing::none;
    return !ends;
  }
  if (lengths_ > 1) return false;
  if (lengths_ == 1) {
    const auto length = parse_u64(length_);
    if (!length || length_.size() > max_digits || (ends && *length != 0)) return false;
    request.framing = Framing::length;
    request.content_length = *length;
    return true;
  }
  request.framing = ends ? Framing::none : Framing::chunked;
  return true;
}

// RFC 9113 section 8.2.3: crumbs are one field for everybody who does not speak HTTP/2.
void RequestFields::join_cookies(Request& request) {
  std::size_t size = 0;
  for (const http::Field& field : request.headers) {
    if (field.id == FieldId::cookie) size += field.value.size() + 2;
  }
  char* const begin = static_cast<char*>(request.headers.arena().allocate(size, 1));
  char* to = begin;
  http::Field* first = nullptr;
  for (http::Field& field : request.headers) {
    if (field.id != FieldId::cookie) continue;
    if (first != nullptr) {
      field.dropped = true;
      *to++ = ';';
      *to++ = ' ';
    } else {
      first = &field;
    }
    to = std::copy(field.value.begin(), field.value.end(), to);
  }
  first->value = {begin, static_cast<std::size_t>(to - begin)};
}

bool TrailerFields::add(http::Headers& trailers, const FieldLimits& limits, std::string_view name,
                        std::string_view value) {
  bytes_ += field_cost(name, value);
  if (bytes_ > limits.max_bytes || ++fields_ > limits.max_fields) return false;
  if (!is_good_field(name, value)) return false;
  const FieldId id = http::classify(name);
  if (http::is_forbidden_trailer(id, name)) return true;
  Arena& arena = trailers.arena();
  trailers.append(id, canonical_copy(id, name, arena), arena.copy(value));
  return true;
}

}  // namespace pm::h2
