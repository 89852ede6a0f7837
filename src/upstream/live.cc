// SPDX-License-Identifier: MIT
#include "upstream/live.h"

#include <algorithm>

namespace pm::upstream {

LiveList::LiveList(const shm::Health& health, std::vector<std::uint64_t> keys)
    : health_(&health),
      keys_(std::move(keys)),
      live_(std::make_unique<bool[]>(keys_.size())),
      size_(keys_.size()) {}

LiveList::LiveList(const shm::Health& health, std::vector<Checked*> children)
    : health_(&health),
      children_(std::move(children)),
      live_(std::make_unique<bool[]>(children_.size())),
      size_(children_.size()) {}

bool LiveList::has_any() noexcept {
  const std::span<const bool> live = get();
  return health_ == nullptr || std::any_of(live.begin(), live.end(), [](bool up) { return up; });
}

// The version first: what changes behind it is seen the next time.
void LiveList::refresh() noexcept {
  version_ = health_->version();
  for (std::size_t i = 0; i < keys_.size(); ++i)
    live_[i] = health_->state(keys_[i]) != shm::ServerState::down;
  for (std::size_t i = 0; i < children_.size(); ++i)
    live_[i] = children_[i]->is_up();
}

}  // namespace pm::upstream
