// SPDX-License-Identifier: MIT
#include "upstream/pool_book.h"

#include "tls/client_context.h"

namespace pm::upstream {

PoolPlan::PoolPlan() = default;
PoolPlan::~PoolPlan() = default;
PoolBook::PoolBook(const Options& options) : options_(options) {}
PoolBook::~PoolBook() = default;

Pool& PoolBook::pool(const std::shared_ptr<PoolPlan>& plan) {
  if (plan->pool_ != nullptr) return *plan->pool_;
  Entry& entry = pools_[plan->key];
  if (entry.pool == nullptr) {
    entry.tls = std::move(plan->tls);
    entry.pool =
        std::make_unique<Pool>(*options_.loop, options_.names, *options_.connector, plan->settings);
    entry.pool->set_tls({entry.tls.get(), options_.wire, options_.gate, options_.log});
  }
  entry.users.push_back(plan);
  plan->pool_ = entry.pool.get();
  return *entry.pool;
}

bool PoolBook::sweep() noexcept {
  bool all_gone = true;
  for (auto at = pools_.begin(); at != pools_.end();) {
    Entry& entry = at->second;
    std::erase_if(entry.users, [](const auto& user) { return user.expired(); });
    if (!entry.users.empty()) {
      ++at;
      continue;
    }
    entry.pool->close_idle();
    if (entry.pool->is_at_rest()) {
      at = pools_.erase(at);
    } else {
      all_gone = false;
      ++at;
    }
  }
  return all_gone;
}

std::uint64_t PoolBook::open_connections() const noexcept {
  std::int64_t open = 0;
  for (const auto& [key, entry] : pools_)
    open += entry.pool->open();
  return static_cast<std::uint64_t>(open);
}

void PoolBook::close_idle() noexcept {
  for (auto& [key, entry] : pools_)
    entry.pool->close_idle();
}

}  // namespace pm::upstream
