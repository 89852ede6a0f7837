// SPDX-License-Identifier: MIT
#include "routing/host_index.h"

#include <bit>

namespace pm::routing {

HostIndex::HostIndex(const std::vector<std::pair<std::string_view, std::uint32_t>>& texts) {
  if (texts.empty()) return;
  slots_.resize(std::bit_ceil(texts.size() * 2));
  mask_ = static_cast<std::uint32_t>(slots_.size() - 1);
  for (const auto& [text, number] : texts) {
    const std::uint32_t hash = hash_of(text);
    std::uint32_t at = hash & mask_;
    while (slots_[at].number != none)
      at = (at + 1) & mask_;
    slots_[at] = {hash, number, static_cast<std::uint32_t>(texts_.size()),
                  static_cast<std::uint32_t>(text.size())};
    texts_ += text;
  }
}

}  // namespace pm::routing
