// SPDX-License-Identifier: MIT
// memory_trim.h -- gives memory back to the kernel when a crowd of connections or streams has come or gone.
//
//   in      a word for each connection that opens or closes, and for the streams that one had at once
//   out     malloc's free pages go back, once, in the first quiet moment behind a few hundred of them: what handshakes
//           needed for a moment, and what connections took that are no more
//   cost    a count and a store a connection; the giving back takes about 0.1 ms for each 2 MiB, so it waits for quiet
//   source  issue 4: what idle TLS connections took is given back after they close
#pragma once

#include "net/loop.h"

#include <cstddef>
#include <cstdint>

namespace pm::runtime {

class MemoryTrim final : private net::Timer {
 public:
  explicit MemoryTrim(net::Loop& loop) noexcept : loop_(&loop) {}

  void note(std::size_t count = 1) noexcept {
    changes_ += count;
    if (changes_ >= worth_it) loop_->arm(*this, loop_->now_ms() + quiet_ms);
  }

 private:
  static constexpr std::uint64_t worth_it =
      256;  // connections and streams; what fewer of them leave is used again soon
  static constexpr std::uint64_t quiet_ms = 200;
  void on_timer() noexcept override;

  net::Loop* loop_;
  std::uint64_t changes_ = 0;  // since memory was last given back
};

}  // namespace pm::runtime
