// SPDX-License-Identifier: MIT
// memory_trim.h -- gives memory back to the kernel when a crowd of connections or streams has come or gone.
//
//   in      a word for each connection that opens or closes, and for the streams that one had at once
//   out     what the worker's free lists hold and malloc's free pages go back, once, in the first quiet moment behind a few
//           hundred of them, or after ten seconds without one: what handshakes needed for a moment, and what connections took
//           that are no more
//   cost    a count and a store a connection; the giving back takes about 0.1 ms for each 2 MiB, so it waits for quiet
//   source  issue 4: what idle TLS connections took is given back after they close
#pragma once

#include "h2/memory.h"
#include "http/codec.h"
#include "net/loop.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace pm::runtime {

class MemoryTrim final : private net::Timer {
 public:
  MemoryTrim(http::CodecContext& codecs, h2::LibraryMemory& library) noexcept
      : codecs_(&codecs), library_(&library) {}

  void note(std::size_t count = 1) noexcept {
    const bool is_first = changes_ < worth_it;
    changes_ += count;
    if (changes_ < worth_it) return;
    const std::uint64_t now = codecs_->loop->now_ms();
    if (is_first) latest_ms_ = now + longest_ms;
    codecs_->loop->arm(*this, std::min(now + quiet_ms, latest_ms_));
  }

 private:
  static constexpr std::uint64_t worth_it =
      256;  // connections and streams; what fewer of them leave is used again soon
  static constexpr std::uint64_t quiet_ms = 200;
  static constexpr std::uint64_t longest_ms = 10000;
  void on_timer() noexcept override;

  http::CodecContext* codecs_;
  h2::LibraryMemory* library_;
  std::uint64_t changes_ = 0;  // since memory was last given back
  std::uint64_t latest_ms_ = 0;
};

}  // namespace pm::runtime
