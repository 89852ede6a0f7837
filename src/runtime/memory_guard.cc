// SPDX-License-Identifier: MIT
#include "runtime/memory_guard.h"

#include "os/memory.h"

#include <utility>

namespace pm::runtime {
namespace {

constexpr std::uint64_t period_ms = 250;
constexpr std::uint64_t no_more_percent = 90;
constexpr std::uint64_t shed_percent = 95;

}  // namespace

MemoryGuard::MemoryGuard(net::Loop& loop, const os::UsageReader& usage, std::uint64_t limit,
                         Report report)
    : loop_(&loop), usage_(&usage), limit_(limit), report_(std::move(report)) {
  loop_->arm(*this, loop_->now_ms() + period_ms);
}

MemoryGuard::~MemoryGuard() {
  loop_->disarm(*this);
}

MemoryGuard::Level MemoryGuard::level_of(std::uint64_t used, std::uint64_t limit) noexcept {
  const std::uint64_t percent = limit / 100;
  if (used > percent * shed_percent) return Level::very_short;
  return used > percent * no_more_percent ? Level::is_short : Level::plenty;
}

void MemoryGuard::on_timer() noexcept {
  const Level level = level_of(usage_->read().memory, limit_);
  report_(level);
  if (level != Level::plenty) os::give_back_free_memory();
  loop_->arm(*this, loop_->now_ms() + period_ms);
}

}  // namespace pm::runtime
