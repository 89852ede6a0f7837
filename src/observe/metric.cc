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

Method rare_method(std::string_view method) noexcept {
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
  auto labels = std::bit_cast<RequestLabels>(packed);
  if (static_cast<std::size_t>(labels.method) >= std::size(methods)) labels.method = Method::other;
  if (static_cast<std::size_t>(labels.protocol) >= std::size(protocols))
    labels.protocol = Protocol::other;
  return labels;
}

}  // namespace pm::observe
