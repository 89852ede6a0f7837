// SPDX-License-Identifier: MIT
#include "observe/access_fields.h"

#include "core/text.h"

#include <iterator>

namespace pm::observe {
namespace {

using config::FieldMode;
using http::FieldId;

constexpr std::string_view keys[] = {
    "\"ClientAddr\":",        "\"ClientHost\":",        "\"ClientPort\":",
    "\"ClientUsername\":",    "\"ConnectionNumber\":",  "\"DownstreamContentSize\":",
    "\"DownstreamStatus\":",  "\"Duration\":",          "\"GzipRatio\":",
    "\"OriginContentSize\":", "\"OriginDuration\":",    "\"OriginStatus\":",
    "\"Overhead\":",          "\"RequestAddr\":",       "\"RequestContentSize\":",
    "\"RequestCount\":",      "\"RequestHost\":",       "\"RequestMethod\":",
    "\"RequestPath\":",       "\"RequestPort\":",       "\"RequestProtocol\":",
    "\"RequestScheme\":",     "\"RetryAttempts\":",     "\"RouterName\":",
    "\"ServiceAddr\":",       "\"ServiceName\":",       "\"ServiceURL\":",
    "\"StartLocal\":",        "\"StartUTC\":",          "\"TLSCipher\":",
    "\"TLSClientSubject\":",  "\"TLSResumed\":",        "\"TLSServerName\":",
    "\"TLSVersion\":",        "\"TerminationReason\":", "\"WorkerIndex\":",
    "\"entryPointName\":",
};
constexpr auto count = static_cast<std::size_t>(AccessField::count_);
static_assert(std::size(keys) == count && count <= 64);

constexpr std::string_view name_in(std::string_view key) noexcept {
  return key.substr(1, key.size() - 3);
}

constexpr bool is_sorted() {
  for (std::size_t i = 1; i < count; ++i) {
    if (!(name_in(keys[i - 1]) < name_in(keys[i]))) return false;
  }
  return true;
}
static_assert(is_sorted(), "JSON lines have their keys in order");

FieldMode mode_of(std::string_view word) noexcept {
  if (text::equals_ignore_case(word, "keep")) return FieldMode::keep;
  return text::equals_ignore_case(word, "redact") ? FieldMode::redact : FieldMode::drop;
}

// These hold secrets: `defaultMode: keep` does not mean them, only their own name does.
constexpr http::FieldSet secrets =
    http::field_bit(FieldId::authorization) | http::field_bit(FieldId::cookie) |
    http::field_bit(FieldId::proxy_authorization) | http::field_bit(FieldId::set_cookie);

}  // namespace

std::string_view json_key(AccessField field) noexcept {
  return keys[static_cast<std::size_t>(field)];
}

AccessFields::AccessFields(const config::AccessFields& options)
    : headers_default_(options.headers_default_mode),
      keeps_query_(options.query_default_mode == FieldMode::keep) {
  for (std::size_t i = 0; i < count; ++i) {
    FieldMode mode = options.default_mode;
    for (const auto& [name, word] : options.names) {
      if (text::equals_ignore_case(name, name_in(keys[i]))) mode = mode_of(word);
    }
    if (mode == FieldMode::keep) kept_ |= std::uint64_t{1} << i;
  }
  keeps_any_header_ = headers_default_ != FieldMode::drop;
  for (const auto& [name, word] : options.header_names) {
    headers_.push_back({name, mode_of(word)});
    keeps_any_header_ |= headers_.back().mode != FieldMode::drop;
  }
}

FieldMode AccessFields::header_mode(FieldId id, std::string_view name) const noexcept {
  for (const HeaderRule& rule : headers_) {
    if (text::equals_ignore_case(rule.name, name)) return rule.mode;
  }
  const bool is_secret = (http::field_bit(id) & secrets) != 0;
  return is_secret && headers_default_ == FieldMode::keep ? FieldMode::drop : headers_default_;
}

}  // namespace pm::observe
