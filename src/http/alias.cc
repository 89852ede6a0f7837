// SPDX-License-Identifier: MIT
#include "http/alias.h"

#include "core/text.h"

#include <algorithm>
#include <array>

namespace pm::http {
namespace {

constexpr char folded(char c) noexcept {
  return c == '_' || c == '.' ? '-' : c;
}

bool is_read_alike(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char left, char right) {
    return text::lower(folded(left)) == text::lower(folded(right));
  });
}

}  // namespace

FieldId classify_folded(std::string_view name) noexcept {
  constexpr std::size_t longest = sizeof("X-Forwarded-Tls-Client-Cert-Info") - 1;
  if (name.size() > longest) return FieldId::other;
  std::array<char, longest> copy;
  std::transform(name.begin(), name.end(), copy.begin(), folded);
  return classify({copy.data(), name.size()});
}

std::string_view folded_copy(std::string_view name, Arena& arena) {
  char* const copy = static_cast<char*>(arena.allocate(name.size(), 1));
  std::transform(name.begin(), name.end(), copy, folded);
  return {copy, name.size()};
}

bool is_forwarding_name(std::string_view name) noexcept {
  constexpr std::string_view prefix = "x-forwarded-";
  return name.size() >= prefix.size() && is_read_alike(name.substr(0, prefix.size()), prefix);
}

void drop_other_spellings(Headers& headers, std::string_view name) noexcept {
  for (Field& field : headers) {
    if (is_read_alike(field.name, name) && !text::equals_ignore_case(field.name, name))
      field.dropped = true;
  }
}

}  // namespace pm::http
