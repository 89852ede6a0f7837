// SPDX-License-Identifier: MIT
// gate.h -- how much of a turn handshakes may take, so that a flood of them starves nobody.
//
//   in      each handshake asks before a step; a step that has run says how long it took
//   out     false: it comes to that in the next turn, in the order of asking
//   cost    two readings of the clock a step, next to the hundreds of microseconds of one signature
//   source  security.md section 6: handshakes per turn are capped
#pragma once

#include "net/loop.h"

#include <algorithm>
#include <cstdint>

namespace pm::tls {

class Gate {
 public:
  static constexpr std::uint64_t budget_ns = 3000000;  // a turn; one step may overdraw it

  explicit Gate(net::Loop& loop) noexcept : loop_(&loop) {}

  bool may_pass() noexcept {
    if (turn_ != loop_->reactor().turns()) {
      turn_ = loop_->reactor().turns();
      spent_ns_ = 0;
    }
    return spent_ns_ < budget_ns;
  }
  template <class F>
  auto measure(F&& step) noexcept {
    loop_->measure_turn();
    const std::uint64_t began = loop_->kernel().now_ns();
    const auto result = step();
    const std::uint64_t took = loop_->kernel().now_ns() - began;
    spent_ns_ += took;
    longest_ns_ = std::max(longest_ns_, took);
    return result;
  }
  std::uint64_t longest_ns() const noexcept { return longest_ns_; }  // of one step, ever

 private:
  net::Loop* loop_;
  std::uint64_t turn_ = 0;
  std::uint64_t spent_ns_ = 0;
  std::uint64_t longest_ns_ = 0;
};

}  // namespace pm::tls
