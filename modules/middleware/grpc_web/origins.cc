// SPDX-License-Identifier: MIT
#include "modules/middleware/grpc_web/origins.h"

#include "core/text.h"

#include <algorithm>

namespace pm::grpc_web {
namespace {

bool is_label(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return text::is_alpha(c) || text::is_digit(c) || c == '-' || c == '_';
  });
}

// Nothing that would put the end of the pattern into another part of the origin: "https://evil.test/.example.com".
bool are_labels(std::string_view text) noexcept {
  bool are_all = true;
  text::for_each_part(text, '.', [&](std::string_view part) { are_all &= is_label(part); });
  return are_all;
}

}  // namespace

bool Origins::add(std::string_view pattern) {
  const std::size_t star = pattern.find('*');
  if (pattern == "*") {
    any_ = true;
    return true;
  }
  if (star == std::string_view::npos) {
    exact_.emplace_back(pattern);
    return true;
  }
  const std::string_view before = pattern.substr(0, star);
  const std::string_view behind = pattern.substr(star + 1);
  if (!before.ends_with("://") || !behind.starts_with('.')) return false;
  if (behind.size() < 2 || behind.find('*') != std::string_view::npos) return false;
  wildcards_.push_back({std::string(before), std::string(behind)});
  return true;
}

bool Origins::contains(std::string_view origin) const noexcept {
  if (origin.empty()) return false;
  if (any_) return true;
  const auto is_it = [origin](const std::string& allowed) {
    return text::equals_ignore_case(allowed, origin);
  };
  const auto fits = [origin](const Wildcard& allowed) {
    const std::size_t around = allowed.before.size() + allowed.behind.size();
    if (origin.size() <= around) return false;
    const std::size_t size = origin.size() - around;
    return text::starts_with_ignore_case(origin, allowed.before) &&
           text::equals_ignore_case(origin.substr(allowed.before.size() + size), allowed.behind) &&
           are_labels(origin.substr(allowed.before.size(), size));
  };
  return std::any_of(exact_.begin(), exact_.end(), is_it) ||
         std::any_of(wildcards_.begin(), wildcards_.end(), fits);
}

}  // namespace pm::grpc_web
