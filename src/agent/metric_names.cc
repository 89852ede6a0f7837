// SPDX-License-Identifier: MIT
#include "agent/metric_names.h"

#include <utility>

namespace pm::agent {
namespace {

std::string qualified(const std::string& name, const std::string& provider) {
  return name + "@" + provider;
}

}  // namespace

void MetricNames::take(const config::Config& config) {
  std::array<Set, observe::family_count> next;
  for (const config::EntryPoint& entry_point : config.fixed.entry_points)
    next[0].insert(entry_point.name);
  for (const config::Router& router : config.dynamic.routers)
    next[1].insert(qualified(router.name, router.provider));
  for (const config::Service& service : config.dynamic.services)
    next[2].insert(qualified(service.name, service.provider));
  for (std::size_t i = 0; i < next.size(); ++i) {
    leaving_[i].merge(present_[i]);
    present_[i] = std::move(next[i]);
  }
}

// What is our own is there in every configuration that uses it.
bool MetricNames::shows(observe::Family family, std::string_view name) const {
  if (name == observe::other_name || name.ends_with("@internal")) return true;
  const auto at = static_cast<std::size_t>(family);
  const std::string key(name);
  return present_[at].contains(key) || leaving_[at].contains(key);
}

void MetricNames::shown() noexcept {
  for (Set& names : leaving_)
    names.clear();
}

}  // namespace pm::agent
