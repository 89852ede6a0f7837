// SPDX-License-Identifier: MIT
// log_thread.h -- a thread that writes lines, so that a slow disk or a stuck pipe stops nobody else.
//
//   shape   the owner fills one of two buffers and offers it after each turn; until the thread comes for it, the owner takes
//           it back to fill it further, so the lines of many turns gather. Woken from its rest the thread waits `before`,
//           then it writes; after each buffer it lingers `between`, and rests when nothing lies ready. A thread that was
//           woken and found nothing, because the owner was quicker, says so (wanted_): then the next one is left to it
//   own     the descriptor, the buffers, the thread. The destructor writes what was offered, for at most a second
//   errors  lines that the descriptor does not take are dropped and counted; with no thread all are
//   cost    owner: an atomic exchange or two a turn, and one futex call when the thread rests or has to hurry
//   source  decision 36; observability.md section 3.4
#pragma once

#include "core/number.h"
#include "observe/buffer_pair.h"
#include "observe/line_writer.h"

#include <atomic>
#include <cstdint>

#include <pthread.h>

namespace pm::observe {

class LogThread {
 public:
  struct Pace {
    Duration before{0};
    Duration between{0};
  };
  LogThread(int fd, Pace pace);  // takes `fd`
  ~LogThread();
  LogThread(const LogThread&) = delete;
  LogThread& operator=(const LogThread&) = delete;

  // All of these are for the owner, from one thread.
  LogBuffer* take() noexcept;  // one to fill; null while the thread has all there is
  LogBuffer* take_spare() noexcept { return buffers_.take_spare(); }
  void offer(LogBuffer* buffer) noexcept { buffers_.offer(buffer); }
  enum class Haste : std::uint8_t { at_leisure, at_once };
  void wake(Haste haste) noexcept;
  bool drain(Duration bound) noexcept;  // waits until what was offered is written; false: it is not
  void reopen(int fd) noexcept;         // takes `fd`; what was offered before goes to the old one
  std::uint64_t dropped() const noexcept { return dropped_.load(std::memory_order_relaxed); }

 private:
  enum State : std::uint32_t { working, lingering, resting };

  static void* start(void* self) noexcept;
  static bool may_wait(void* self) noexcept;
  void run() noexcept;
  bool write_ready() noexcept;
  void linger(Duration time) noexcept;
  void rest() noexcept;
  bool has_orders() const noexcept { return stops_.load() || new_fd_.load() >= 0; }

  BufferPair buffers_;
  std::atomic<std::uint32_t> state_{working};
  std::atomic<bool> wanted_{false};  // by the thread: leave me the next buffer
  std::atomic<bool> hurry_{false};
  std::atomic<bool> stops_{false};
  std::atomic<int> new_fd_{-1};
  std::atomic<std::uint64_t> dropped_{0};

  // Of the thread alone.
  LineWriter writer_;
  Pace pace_;
  int waits_left_;  // with stops_: how often a full pipe is still waited for

  pthread_t thread_{};
  bool is_running_ = false;
};

}  // namespace pm::observe
