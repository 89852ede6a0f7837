// SPDX-License-Identifier: MIT
#include "process/master_meter.h"

namespace pm::process {

namespace cell = observe::cell;
namespace kind = observe::kind;

namespace {

constexpr std::chrono::seconds pause_of_reports{1};
constexpr std::uint32_t reload_cells =
    cell::first_reload_bucket + static_cast<std::uint32_t>(observe::own_buckets.size()) + 1;

std::uint32_t bucket_of(std::chrono::nanoseconds time) noexcept {
  const double seconds = std::chrono::duration<double>(time).count();
  std::uint32_t at = 0;
  while (at < observe::own_buckets.size() && seconds > observe::own_buckets[at])
    ++at;
  return at;
}

}  // namespace

MasterMeter::MasterMeter(shm::Slab slab)
    : book_(std::move(slab)),
      process_(book_, ""),
      reloads_(book_.cells({.kind = kind::reloads}, reload_cells)) {
  if (shm::Cell* started = book_.cells({.kind = kind::started}, 1))
    shm::put(*started, static_cast<std::uint64_t>(std::time(nullptr)));
}

void MasterMeter::on_load(std::chrono::nanoseconds took, std::time_t now) noexcept {
  if (reloads_ == nullptr) return;
  shm::add(reloads_[cell::good], 1);
  shm::add(reloads_[cell::generation], 1);
  shm::put(reloads_[cell::last], static_cast<std::uint64_t>(now));
  shm::put(reloads_[cell::has_failed], 0);
  if (took.count() == 0) return;
  shm::add(reloads_[cell::reload_time], static_cast<std::uint64_t>(took.count()));
  shm::add(reloads_[cell::first_reload_bucket + bucket_of(took)], 1);
}

void MasterMeter::note_failure(std::uint64_t failed) noexcept {
  if (reloads_ != nullptr) shm::put(reloads_[cell::has_failed], failed);
}

void MasterMeter::report(Clock::time_point now) {
  due_ = now + pause_of_reports;
  process_.report(usage_.read(), os::open_descriptors(), usage_.most_descriptors());
}

}  // namespace pm::process
