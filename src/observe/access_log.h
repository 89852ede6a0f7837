// SPDX-License-Identifier: MIT
// access_log.h -- the access log of one worker: lines are made on its loop and written by a thread of their own.
//
//   in      records; the end of each turn of the loop; a descriptor, and a new one when the log is reopened
//   out     whole lines: with bufferingSize 0 within a few milliseconds after the turn, else when so many wait or after a
//           second; at once when half of the room is used
//   own     the descriptor, two buffers that grow as needed (bounded), the thread; the format's state
//   errors  no room (a disk or a reader that stands still): the line is dropped and counted; the loop never waits
//   cost    a line is written once, into its buffer; no allocation after warm-up, usually no system call
//   source  decision 36; observability.md sections 3.2 to 3.4
#pragma once

#include "observe/access_format.h"
#include "observe/log_thread.h"

namespace pm::observe {

class AccessLog {
 public:
  // `first_count` requests were counted before this process.
  AccessLog(const config::AccessLog& options, int fd, std::uint64_t first_count = 0);
  ~AccessLog() { flush(); }
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;

  // Counts the exchange (record.count is filled in when it is 0) and writes its line when the filters want it.
  void record(const AccessRecord& record) noexcept;
  void end_of_turn() noexcept;
  void reopen(int fd) noexcept;  // takes `fd`; lines made before go to the old one
  bool flush(Duration bound = std::chrono::seconds(1)) noexcept;

  std::uint64_t dropped() const noexcept { return dropped_ + thread_.dropped(); }
  std::uint64_t count() const noexcept { return count_; }

 private:
  enum class Appended : std::uint8_t { yes, no_room, too_long };
  Appended append(const AccessRecord& record, AccessFormat::Extent extent) noexcept;
  bool swap() noexcept;
  void hand_over(LogThread::Haste haste) noexcept;

  AccessFormat format_;
  std::uint32_t lines_at_once_;  // bufferingSize; 0: each turn
  std::uint64_t count_;
  std::uint64_t dropped_ = 0;
  LogBuffer* filling_ = nullptr;  // null: with the thread, or ready for it
  LogThread thread_;
};

}  // namespace pm::observe
