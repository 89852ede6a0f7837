// SPDX-License-Identifier: MIT
// host_index.h -- from a host to what was filed under it: a fixed hash table over texts.
//
//   in      texts, each once, with a number; filled when a configuration is built, read for every request
//   out     the number of a text, or `none`
//   cost    one multiplication for each eight bytes, one compare; at most half of the slots are taken
//   errors  none. Peers choose what is looked up, never what is stored, so the hash needs no key
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pm::routing {

class HostIndex {
 public:
  static constexpr std::uint32_t none = UINT32_MAX;

  HostIndex() = default;
  explicit HostIndex(const std::vector<std::pair<std::string_view, std::uint32_t>>& texts);

  bool empty() const noexcept { return slots_.empty(); }
  std::uint32_t find(std::string_view text) const noexcept {
    if (slots_.empty()) return none;
    const std::uint32_t hash = hash_of(text);
    for (std::uint32_t at = hash & mask_; slots_[at].number != none; at = (at + 1) & mask_) {
      const Slot& slot = slots_[at];
      if (slot.hash == hash && slot.size == text.size() &&
          std::memcmp(texts_.data() + slot.begin, text.data(), text.size()) == 0) {
        return slot.number;
      }
    }
    return none;
  }

 private:
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t number = none;  // none: free
    std::uint32_t begin = 0;      // in texts_
    std::uint32_t size = 0;
  };

  static std::uint32_t hash_of(std::string_view text) noexcept {
    std::uint64_t hash = text.size();
    while (text.size() >= 8) {
      hash = mix(hash, word(text.data(), 8));
      text.remove_prefix(8);
    }
    return static_cast<std::uint32_t>(mix(hash, word(text.data(), text.size())) >> 32);
  }
  static std::uint64_t word(const char* from, std::size_t size) noexcept {
    std::uint64_t value = 0;
    if (size > 0) std::memcpy(&value, from, size);  // "" may have no address
    return value;
  }
  static std::uint64_t mix(std::uint64_t hash, std::uint64_t value) noexcept {
    hash = (hash ^ value) * 0x9e3779b97f4a7c15u;  // 2^64 divided by the golden ratio
    return hash ^ hash >> 32;
  }

  std::vector<Slot> slots_;
  std::string texts_;
  std::uint32_t mask_ = 0;
};

}  // namespace pm::routing
