// SPDX-License-Identifier: MIT
#include "runtime/client_connections.h"

#include "core/hash.h"
#include "shm/counts.h"

#include <optional>
#include <string>

namespace pm::runtime {
namespace {

constexpr unsigned network_bits = 64;

std::uint64_t key_of(const http::WorkerTools& tools, std::uint64_t identity,
                     const Address& client) noexcept {
  const auto network = (client.is_v4() ? client : client.masked(network_bits)).bytes();
  const std::string_view source(reinterpret_cast<const char*>(network.data()), network.size());
  return tools.counts == nullptr ? fnv1a(source) : tools.counts->key_of(identity, source);
}

}  // namespace

ClientConnections::ClientConnections(std::string_view entry_point, std::int64_t most) noexcept
    : identity_(fnv1a("connections of a client: " + std::string(entry_point))),
      most_(most > 0 ? static_cast<std::uint64_t>(most) : 0) {}

bool ClientConnections::enter(const http::WorkerTools& tools, const Address& client) noexcept {
  if (most_ == 0) return true;
  const std::uint64_t key = key_of(tools, identity_, client);
  std::optional<shm::Counts::Place> place;
  if (tools.counts != nullptr) {
    place = tools.counts->enter(key, tools.slot, most_);
  } else if (held_[key].size() < most_) {
    place.emplace();
  }
  if (place) held_[key].push_back(place->number);
  return place.has_value();
}

void ClientConnections::leave(const http::WorkerTools& tools, const Address& client) noexcept {
  if (most_ == 0) return;
  const auto found = held_.find(key_of(tools, identity_, client));
  if (found == held_.end()) return;
  Places& places = found->second;
  if (tools.counts != nullptr) tools.counts->leave({places.back()}, tools.slot);
  places.pop_back();
  if (places.empty()) held_.erase(found);
}

}  // namespace pm::runtime
