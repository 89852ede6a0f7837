// SPDX-License-Identifier: MIT
#include "observe/metric.h"

#include <iterator>

namespace pm::observe {
namespace {

constexpr std::string_view methods[] = {
    "GET",     "HEAD",  "POST",  "PUT", "DELETE",           "CONNECT",
    "OPTIONS", "TRACE", "PATCH", "PRI", "EXTENSION_METHOD", "other"};
constexpr std::string_view protocols[] = {"http", "websocket", "sse", "grpc", "grpc-web", "other"};
constexpr std::size_t standard_methods = static_cast<std::size_t>(Method::extension);

}  // namespace

Method method_of(std::string_view method) noexcept {
  for (std::size_t i = 0; i < standard_methods; ++i) {
    if (methods[i] == method) return static_cast<Method>(i);
  }
  return Method::extension;
}

std::string_view name_of(Method method) noexcept {
  return methods[static_cast<std::size_t>(method)];
}

std::string_view name_of(Protocol protocol) noexcept {
  return protocols[static_cast<std::size_t>(protocol)];
}

RequestLabels RequestLabels::unpacked(std::uint32_t packed) noexcept {
  const std::uint32_t method = packed >> 8 & 0xff;
  const std::uint32_t protocol = packed & 0xff;
  return {static_cast<std::uint16_t>(packed >> 16),
          method < std::size(methods) ? static_cast<Method>(method) : Method::other,
          protocol < std::size(protocols) ? static_cast<Protocol>(protocol) : Protocol::other};
}

}  // namespace pm::observe
