// SPDX-License-Identifier: MIT
#include "runtime/plan.h"

#include <algorithm>

namespace pm::runtime {
namespace {

// A day is more than anybody waits for a stop; a negative time is a mistake of the loader.
constexpr std::int64_t max_grace_ms = std::int64_t{365} * 24 * 3600 * 1000;

bool is_grace(std::int64_t ms) {
  return ms >= 0 && ms <= max_grace_ms;
}

bool is_inside(const Plan& plan, std::uint64_t offset, std::uint64_t size, std::uint64_t from) {
  return offset >= from && offset <= plan.total_size && size <= plan.total_size - offset;
}

bool has_sound_texts(const Plan& plan) {
  return plan.user.is_sound() && plan.config_path.is_sound() && plan.pid_path.is_sound() &&
         plan.run_path.is_sound() && plan.log.path.is_sound() && plan.spill_path.is_sound() &&
         plan.access_log_path.is_sound();
}

bool has_sound_numbers(const Plan& plan) {
  return plan.workers >= 1 && plan.workers <= Plan::max_workers &&
         plan.mask_count <= plan.masks.size() && plan.affinity <= PlanAffinity::masks &&
         (plan.affinity != PlanAffinity::masks || plan.mask_count > 0) &&
         plan.sandbox <= os::SandboxMode::enforce && plan.daemon <= Choice::yes &&
         plan.term_is_graceful <= Choice::yes && is_grace(plan.accept_grace_ms) &&
         is_grace(plan.grace_ms) && is_grace(plan.shutdown_ms) && is_grace(plan.throttle_ms) &&
         plan.log.level <= static_cast<std::uint8_t>(Level::panic) && plan.worker_priority >= -20 &&
         plan.worker_priority <= 19;
}

bool is_sound_address(const PlanAddress& address) {
  return address.name.is_sound() && address.text.is_sound() && address.place.is_sound();
}

}  // namespace

const Plan* sound_plan(std::string_view bundle) noexcept {
  if (bundle.size() < sizeof(Plan)) return nullptr;
  const Plan* plan = reinterpret_cast<const Plan*>(bundle.data());
  if (plan->magic != Plan::expected_magic || plan->total_size != bundle.size()) return nullptr;
  if (plan->total_size > Plan::max_size || plan->address_count > Plan::max_addresses)
    return nullptr;

  const std::uint64_t head =
      sizeof(Plan) + std::uint64_t{plan->address_count} * sizeof(PlanAddress);
  if (head > plan->total_size) return nullptr;
  if (!is_inside(*plan, plan->config_offset, plan->config_size, head)) return nullptr;
  if (!is_inside(*plan, plan->findings_offset, plan->findings_size, head)) return nullptr;
  if (!is_inside(*plan, plan->watch_offset, plan->watch_size, head)) return nullptr;
  if (!is_inside(*plan, plan->documents_offset, plan->documents_size, head)) return nullptr;
  if (!has_sound_texts(*plan) || !has_sound_numbers(*plan)) return nullptr;
  const auto addresses = plan->addresses();
  return std::all_of(addresses.begin(), addresses.end(), is_sound_address) ? plan : nullptr;
}

}  // namespace pm::runtime
