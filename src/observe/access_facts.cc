// SPDX-License-Identifier: MIT
#include "observe/access_facts.h"

namespace pm::observe {

AskedPath asked_path(const AccessRecord& record, bool with_query) noexcept {
  if (record.request == nullptr) return {};
  std::string_view target = record.request->target;
  if (!with_query) target = target.substr(0, target.find('?'));
  if (target.empty() || target.front() == '/' || target == "*") return {target, {}};
  const std::size_t scheme = target.find("://");
  if (scheme == std::string_view::npos) return {target, {}};
  const std::size_t path = target.find_first_of("/?", scheme + 3);
  if (path == std::string_view::npos) return {"/", {}};
  return {target[path] == '/' ? "" : "/", target.substr(path)};
}

std::string_view method_of(const AccessRecord& record) noexcept {
  return record.request != nullptr ? record.request->method : std::string_view{};
}

std::string_view protocol_of(const AccessRecord& record) noexcept {
  if (record.request == nullptr) return {};
  switch (record.request->version) {
    case http::Version::http10: return "HTTP/1.0";
    case http::Version::http11: return "HTTP/1.1";
    case http::Version::http2: return "HTTP/2.0";
  }
  return {};
}

std::string_view scheme_of(const AccessRecord& record) noexcept {
  if (record.request == nullptr) return {};
  return record.request->secure != nullptr ? "https" : "http";
}

std::string_view authority_of(const AccessRecord& record) noexcept {
  return record.request != nullptr ? record.request->authority : std::string_view{};
}

HostAndPort split_authority(std::string_view authority) noexcept {
  if (authority.empty()) return {};
  const std::size_t colon = authority.rfind(':');
  const bool is_bracketed = authority.front() == '[';
  if (colon == std::string_view::npos || authority.ends_with(']')) return {authority, "-"};
  std::string_view host = authority.substr(0, colon);
  if (is_bracketed && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return {host, authority.substr(colon + 1)};
}

std::string_view server_address(std::string_view url) noexcept {
  const std::size_t scheme = url.find("://");
  if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  return url.substr(0, url.find('/'));
}

std::uint64_t nanoseconds(Duration duration) noexcept {
  return duration > Duration(0) ? static_cast<std::uint64_t>(duration.count()) : 0;
}

}  // namespace pm::observe
