// SPDX-License-Identifier: MIT
#include "agent/metric_sums.h"

#include <algorithm>
#include <cstring>
#include <tuple>
#include <unordered_map>

namespace pm::agent {
namespace {

namespace kind = observe::kind;
namespace cell = observe::cell;

bool counts_requests(std::uint32_t kind) noexcept {
  return kind >= kind::requests && kind < kind::requests + observe::family_count;
}

// What tells series apart, as bytes.
void write_key(const shm::SeriesId& id, std::string& key) {
  const std::uint32_t numbers[] = {id.kind, id.labels, counts_requests(id.kind) ? 0 : id.shape,
                                   static_cast<std::uint32_t>(id.name.size()),
                                   static_cast<std::uint32_t>(id.second.size())};
  key.assign(reinterpret_cast<const char*>(numbers), sizeof numbers);
  key.append(id.name).append(id.second).append(id.extra);
}

void add(Sum& sum, const shm::Series& series, std::uint32_t request_shape) {
  std::size_t count = series.cells.size();
  if (counts_requests(sum.kind) && series.id.shape != request_shape)
    count = std::min<std::size_t>(count, cell::time);
  if (sum.cells.size() < count) sum.cells.resize(count);
  for (std::size_t i = 0; i < count; ++i)
    sum.cells[i] += series.cells[i];
}

}  // namespace

std::vector<Sum> sum_up(const shm::Slabs& slabs, std::uint32_t request_shape) {
  std::vector<Sum> sums;
  std::unordered_map<std::string, std::size_t> places;
  std::string key;
  slabs.for_each([&](const shm::Series& series) {
    const shm::SeriesId& id = series.id;
    write_key(id, key);
    const auto [place, is_new] = places.emplace(key, sums.size());
    if (is_new) {
      sums.push_back({id.kind,
                      id.labels,
                      id.shape,
                      std::string(id.name),
                      std::string(id.second),
                      std::string(id.extra),
                      {}});
    }
    add(sums[place->second], series, request_shape);
  });
  std::sort(sums.begin(), sums.end(), [](const Sum& a, const Sum& b) {
    return std::tie(a.kind, a.name, a.second, a.labels, a.extra) <
           std::tie(b.kind, b.name, b.second, b.labels, b.extra);
  });
  return sums;
}

}  // namespace pm::agent
