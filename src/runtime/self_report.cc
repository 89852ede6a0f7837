// SPDX-License-Identifier: MIT
#include "runtime/self_report.h"

#include "observe/access_log.h"
#include "upstream/pool_book.h"

#include <fmt/format.h>

namespace pm::runtime {

namespace kind = observe::kind;

namespace {

constexpr std::uint64_t pause_ms = 1000;

}  // namespace

SelfReport::SelfReport(WorkerState& state, const upstream::PoolBook& pools,
                       const os::UsageReader& usage)
    : state_(state),
      pools_(pools),
      usage_(usage),
      process_(state.meters->book(), fmt::format("{}", state.worker)) {
  observe::SeriesBook& book = state.meters->book();
  const std::string index = fmt::format("{}", state.worker);
  active_ = book.cells({.kind = kind::active_workers}, 1);
  draining_ = book.cells({.kind = kind::draining_workers}, 1);
  open_ = book.cells({.kind = kind::open_in_worker, .name = index}, 1);
  lost_lines_ = book.cells({.kind = kind::lost_lines}, 1);
  if (active_ != nullptr) shm::put(*active_, 1);
  report();
  state.codecs.loop->arm(*this, state.codecs.loop->now_ms() + pause_ms);
}

SelfReport::~SelfReport() {
  state_.codecs.loop->disarm(*this);
}

void SelfReport::set_draining() noexcept {
  if (active_ != nullptr) shm::put(*active_, 0);
  if (draining_ != nullptr) shm::put(*draining_, 1);
}

void SelfReport::on_timer() noexcept {
  report();
  state_.codecs.loop->arm(*this, state_.codecs.loop->now_ms() + pause_ms);
}

// Descriptors are counted and not looked at: what was open at the start, and connections.
void SelfReport::report() noexcept {
  process_.report(usage_.read(),
                  usage_.descriptors() + state_.connections + pools_.open_connections(),
                  usage_.most_descriptors());
  if (open_ != nullptr) shm::put(*open_, state_.connections);
  if (state_.access_log == nullptr || lost_lines_ == nullptr) return;
  const std::uint64_t lost = state_.access_log->dropped();
  shm::add(*lost_lines_, lost - lost_before_);
  lost_before_ = lost;
}

}  // namespace pm::runtime
