// SPDX-License-Identifier: MIT
#include "config/sources.h"
#include "core/text.h"

namespace pm::config {
namespace {

constexpr std::string_view sections[] = {
    "entrypoints",  "providers", "api",     "metrics",          "ping",
    "log",          "accesslog", "tracing", "hostresolver",     "certificatesresolvers",
    "experimental", "core",      "global",  "serverstransport", "tcpserverstransport",
    "operations",   "ocsp",      "spiffe",  "cluster",
};
constexpr std::string_view values[] = {
    "workers",
    "workercpuaffinity",
    "workerconnections",
    "rlimitnofile",
    "workerpriority",
    "user",
    "daemon",
    "pid",
};

bool holds(std::span<const std::string_view> names, std::string_view name) {
  for (const std::string_view candidate : names) {
    if (text::equals_ignore_case(candidate, name)) return true;
  }
  return false;
}

}  // namespace

FlagKind flag_kind(std::string_view path) {
  const std::string_view first = path.substr(0, path.find_first_of(".["));
  if (holds(values, first)) return FlagKind::scalar;
  if (!holds(sections, first)) return FlagKind::unknown;
  return first.size() == path.size() ? FlagKind::section : FlagKind::scalar;
}

std::string nearest_flag(std::string_view) {
  return "";
}

}  // namespace pm::config
