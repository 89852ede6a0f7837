// SPDX-License-Identifier: MIT
// balancer.h -- the contract of a strategy: which of the servers takes this request.
//
//   in      build(): weights in the order of the configuration (0 and below: never used); pick(): which servers are up, and a
//           key of the request (the client's address) for strategies that hash
//   out     the index of a server, or none when no server may be used
//   own     a Balancer belongs to one service of one worker; it is not shared by threads and may keep state
//   cost    O(1) to O(log n) a pick, no allocation
//   source  http-services.md section 3
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace pm::upstream {

struct PickInput {
  std::span<const bool> live;  // by server; empty: all are up
  std::string_view key;
};

class Balancer {
 public:
  virtual ~Balancer() = default;
  virtual std::optional<std::uint32_t> pick(const PickInput& input) noexcept = 0;
};

struct BalancerModule {
  std::string_view name;                      // "wrr"
  std::span<const std::string_view> aliases;  // "roundrobin", "weighted"
  std::string_view help;
  // `start` (random in production, fixed by tests) settles what the weights leave open, so that not everybody begins with one
  // server. `cursor`: a word that all workers count their turns in, who then have the same start; it outlives the balancer.
  // Null: this one is alone.
  std::unique_ptr<Balancer> (*build)(std::span<const std::int64_t> weights, std::uint64_t start,
                                     std::atomic<std::uint64_t>* cursor);
};

}  // namespace pm::upstream
