// SPDX-License-Identifier: MIT
#include "modules/balancer/round_robin/round_robin.h"

#include "upstream/schedule.h"

namespace pm {
namespace {

using namespace upstream;

constexpr std::string_view aliases[] = {"roundrobin", "round_robin", "weighted"};

class RoundRobin final : public Balancer {
 public:
  RoundRobin(std::span<const std::int64_t> weights, std::uint64_t start,
             std::atomic<std::uint64_t>* cursor)
      : schedule_(weights, start, cursor) {}

  std::optional<std::uint32_t> pick(const PickInput& input) noexcept override {
    return schedule_.next(input.live);
  }

 private:
  Schedule schedule_;
};

std::unique_ptr<Balancer> build(std::span<const std::int64_t> weights, std::uint64_t start,
                                std::atomic<std::uint64_t>* cursor) {
  return std::make_unique<RoundRobin>(weights, start, cursor);
}

}  // namespace

const BalancerModule round_robin_balancer{
    "wrr", aliases, "servers take turns, as often as their weights say", build};

}  // namespace pm
