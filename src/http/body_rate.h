// SPDX-License-Identifier: MIT
// body_rate.h -- whether a request's body comes fast enough to be waited for.
//
//   in      when we began to want it, and what has come since; the least rate, in bytes a second
//   out     a deadline: ten seconds at first, later by what has come, and never more than ten seconds away, so that a burst
//           buys no long silence. Time in which we do not read is not the client's: begin() anew behind it
//   own     values
//   source  security.md section 5, "Body: rate after the first 10 s"
#pragma once

#include <algorithm>
#include <cstdint>

namespace pm::http {

class BodyRate {
 public:
  static constexpr std::uint64_t grace_ms = 10000;

  void begin(std::uint64_t now_ms) noexcept { deadline_us_ = (now_ms + grace_ms) * 1000; }
  void note(std::uint64_t now_ms, std::uint64_t bytes, std::uint64_t rate) noexcept {
    // More bytes than that buy the whole grace anyway, and the product stays small.
    const std::uint64_t bought = std::min(bytes, rate * grace_ms / 1000) * 1000000 / rate;
    deadline_us_ = std::min(deadline_us_ + bought, (now_ms + grace_ms) * 1000);
  }
  std::uint64_t deadline_ms() const noexcept { return deadline_us_ / 1000; }
  bool is_over(std::uint64_t now_ms) const noexcept { return now_ms * 1000 >= deadline_us_; }

 private:
  std::uint64_t deadline_us_ = 0;
};

}  // namespace pm::http
