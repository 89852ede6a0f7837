// SPDX-License-Identifier: MIT
// live.h -- which of a service's servers, or children, may be asked, as the health checks have it.
//
//   in      the table of health; who is asked anew when it has changed: keys of servers, or children
//   out     a list of bools for a balancer; empty: nobody is checked, and all may be asked
//   own     the list. Of one worker
//   cost    a load a request; the list is made anew when a server somewhere has changed its state
//   source  http-services.md sections 3.1 and 5
#pragma once

#include "shm/health.h"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace pm::upstream {

// A service that knows whether it has anybody to ask.
class Checked {
 public:
  virtual bool is_up() noexcept = 0;

 protected:
  ~Checked() = default;
};

class LiveList {
 public:
  LiveList() = default;
  LiveList(const shm::Health& health, std::vector<std::uint64_t> keys);
  LiveList(const shm::Health& health, std::vector<Checked*> children);

  std::span<const bool> get() noexcept {
    if (health_ != nullptr && health_->version() != version_) refresh();
    return {live_.get(), size_};
  }
  bool has_any() noexcept;  // true where nobody is checked

 private:
  void refresh() noexcept;

  const shm::Health* health_ = nullptr;  // null: nobody is checked
  std::vector<std::uint64_t> keys_;      // of servers, in the order of the balancer
  std::vector<Checked*> children_;       // instead of those
  std::unique_ptr<bool[]> live_;
  std::size_t size_ = 0;
  std::uint64_t version_ = 0;  // of the table when it was made; 0 is none
};

}  // namespace pm::upstream
