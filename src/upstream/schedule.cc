// SPDX-License-Identifier: MIT
#include "upstream/schedule.h"

#include "core/random.h"

#include <algorithm>
#include <numeric>

namespace pm::upstream {
namespace {

constexpr std::uint64_t longest_period = 65536;
constexpr int most_rounds = 16;  // lost to others, until a turn out of order is the lesser evil

// Smallest deadline on top; among equals the one of the smallest rank.
constexpr auto is_later = [](const auto& a, const auto& b) {
  return a.deadline != b.deadline ? a.deadline > b.deadline : a.rank > b.rank;
};

std::vector<std::uint32_t> shuffled(std::size_t count, std::uint64_t seed) {
  std::vector<std::uint32_t> ranks(count);
  std::iota(ranks.begin(), ranks.end(), 0);
  if (seed == 0) return ranks;
  Random random(seed);
  for (std::size_t i = count; i > 1; --i)
    std::swap(ranks[i - 1], ranks[random.below(i)]);
  return ranks;
}

// Turns until every server is where it began; 0 when that is too long to lay out.
std::uint64_t period_of(std::span<const std::int64_t> weights) {
  std::int64_t divisor = 0;
  for (std::int64_t weight : weights) {
    if (weight > 0) divisor = std::gcd(divisor, weight);
  }
  std::uint64_t sum = 0;
  for (std::int64_t weight : weights) {
    if (weight > 0) sum += static_cast<std::uint64_t>(weight / divisor);
    if (sum > longest_period) return 0;
  }
  return sum;
}

}  // namespace

Schedule::Schedule(std::span<const std::int64_t> weights, std::uint64_t start,
                   std::atomic<std::uint64_t>* cursor)
    : cursor_(cursor) {
  const std::vector<std::uint32_t> ranks = shuffled(weights.size(), start);
  for (std::uint32_t i = 0; i < weights.size(); ++i) {
    if (weights[i] <= 0) continue;
    const double step = 1.0 / static_cast<double>(weights[i]);
    heap_.push_back({step, step, i, ranks[i]});
  }
  std::make_heap(heap_.begin(), heap_.end(), is_later);
  const std::uint64_t length = period_of(weights);
  if (length == 0) return;
  period_.reserve(length);
  for (std::uint64_t i = 0; i < length; ++i)
    period_.push_back(pop());
  heap_ = {};
}

std::uint32_t Schedule::pop() noexcept {
  std::pop_heap(heap_.begin(), heap_.end(), is_later);
  Entry& entry = heap_.back();
  const std::uint32_t index = entry.index;
  entry.deadline += entry.step;
  std::push_heap(heap_.begin(), heap_.end(), is_later);
  return index;
}

std::optional<std::uint32_t> Schedule::next(std::span<const bool> live) noexcept {
  if (period_.empty() && heap_.empty()) return std::nullopt;
  if (!live.empty() && std::none_of(live.begin(), live.end(), [](bool up) { return up; }))
    return std::nullopt;
  return period_.empty() || cursor_ == nullptr ? next_own(live) : next_shared(live);
}

// A live server without a weight has no turn, so the search is bounded by one period.
std::optional<std::uint32_t> Schedule::next_own(std::span<const bool> live) noexcept {
  const std::size_t bound = period_.empty() ? longest_period : period_.size();
  for (std::size_t tries = 0; tries < bound; ++tries) {
    const std::uint32_t index = period_.empty() ? pop() : at(turns_++);
    if (live.empty() || live[index]) return index;
  }
  return std::nullopt;
}

// The turn of a server that is down, and those behind it, are used up by moving the cursor behind the next live one. If
// others have gone on meanwhile the turns there are theirs, and this one takes another.
std::optional<std::uint32_t> Schedule::next_shared(std::span<const bool> live) noexcept {
  for (int round = 0;; ++round) {
    const std::uint64_t turn = cursor_->fetch_add(1, std::memory_order_relaxed);
    std::uint64_t ahead = turn;
    while (!live.empty() && !live[at(ahead)]) {
      if (++ahead == turn + period_.size()) return std::nullopt;
    }
    std::uint64_t expected = turn + 1;
    const bool is_ours = ahead == turn || cursor_->compare_exchange_strong(expected, ahead + 1);
    if (is_ours || round == most_rounds) return at(ahead);
  }
}

}  // namespace pm::upstream
