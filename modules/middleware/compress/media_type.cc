// SPDX-License-Identifier: MIT
#include "modules/middleware/compress/media_type.h"

#include "core/text.h"

namespace pm::compress {

std::optional<MediaType> MediaType::parse(std::string_view text) {
  MediaType type;
  const std::string_view name = text::trim(text.substr(0, text.find(';')));
  const std::size_t slash = name.find('/');
  const bool is_token =
      slash == std::string_view::npos
          ? text::is_token(name)
          : text::is_token(name.substr(0, slash)) && text::is_token(name.substr(slash + 1));
  if (!is_token) return std::nullopt;
  type.type = text::to_lower(name);
  std::size_t at = text.find(';');
  while (at != std::string_view::npos) {
    text.remove_prefix(at + 1);
    at = text.find(';');
    const std::string_view parameter = text::trim(text.substr(0, at));
    if (parameter.empty()) continue;
    const std::size_t equals = parameter.find('=');
    if (equals == std::string_view::npos || !text::is_token(parameter.substr(0, equals)))
      return std::nullopt;
    std::string_view value = parameter.substr(equals + 1);
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
      value = value.substr(1, value.size() - 2);
    type.parameters.emplace(text::to_lower(parameter.substr(0, equals)), std::string(value));
  }
  return type;
}

bool MediaTypes::contains(const MediaType& type) const noexcept {
  for (const MediaType& pattern : types_) {
    if (pattern.type != type.type) continue;
    if (pattern.parameters.empty() || pattern.parameters == type.parameters) return true;
  }
  return false;
}

}  // namespace pm::compress
