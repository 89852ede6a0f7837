// SPDX-License-Identifier: MIT
#include "observe/meter_settings.h"

#include "core/hash.h"
#include "core/number.h"

#include <algorithm>

namespace pm::observe {
namespace {

std::uint32_t folded(std::uint64_t hash) noexcept {
  return static_cast<std::uint32_t>(hash ^ hash >> 32);
}

}  // namespace

std::uint32_t shape_of(const std::vector<double>& buckets) noexcept {
  return folded(
      fnv1a({reinterpret_cast<const char*>(buckets.data()), buckets.size() * sizeof(double)}));
}

std::uint32_t shape_of(const std::vector<HeaderLabel>& labels) noexcept {
  std::uint64_t hash = labels.size();
  for (const HeaderLabel& label : labels)
    hash = hash * 31 + fnv1a(label.name);
  return folded(hash);
}

// What is no number was refused by the loader.
MeterSettings settings_of(const config::Prometheus& source) {
  MeterSettings settings;
  settings.buckets.clear();
  for (const config::At<std::string>& limit : source.buckets)
    settings.buckets.push_back(parse_float(limit.value).value_or(0));
  std::sort(settings.buckets.begin(), settings.buckets.end());
  const auto last = std::unique(settings.buckets.begin(), settings.buckets.end());
  settings.buckets.erase(last, settings.buckets.end());
  settings.entry_points = source.add_entry_points_labels;
  settings.routers = source.add_routers_labels;
  settings.services = source.add_services_labels;
  for (const auto& [name, header] : source.header_labels)
    settings.header_labels.push_back({name, header});
  return settings;
}

}  // namespace pm::observe
