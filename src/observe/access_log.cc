// SPDX-License-Identifier: MIT
#include "observe/access_log.h"

#include <algorithm>

namespace pm::observe {
namespace {

using Haste = LogThread::Haste;

constexpr std::size_t usual_line = 512;

// Without buffering a line is out after the turn that made it; but a busy worker makes the thread write a hundred lines at
// once, not one by one, and is not slowed by waking it each time.
constexpr LogThread::Pace prompt{Duration(0), std::chrono::milliseconds(5)};
constexpr LogThread::Pace buffered{std::chrono::seconds(1), Duration(0)};

}  // namespace

AccessLog::AccessLog(const config::AccessLog& options, int fd, std::uint64_t first_count)
    : format_(options),
      lines_at_once_(static_cast<std::uint32_t>(
          std::clamp<std::int64_t>(options.buffering_size, 0, UINT32_MAX))),
      count_(first_count),
      thread_(fd, lines_at_once_ == 0 ? prompt : buffered) {}

void AccessLog::record(const AccessRecord& given) noexcept {
  ++count_;
  if (!format_.wants(given)) return;
  AccessRecord counted = given;
  if (counted.count == 0) counted.count = count_;
  if (filling_ == nullptr) filling_ = thread_.take();
  Appended result =
      filling_ != nullptr ? append(counted, AccessFormat::Extent::whole) : Appended::no_room;
  // Headers are what a peer can make long; the rest of the line has its bounds.
  if (result == Appended::too_long) result = append(counted, AccessFormat::Extent::without_headers);
  if (result != Appended::yes) ++dropped_;
}

AccessLog::Appended AccessLog::append(const AccessRecord& record,
                                      AccessFormat::Extent extent) noexcept {
  std::size_t size = usual_line;
  while (true) {
    char* room = filling_->room(size);
    if (room != nullptr) {
      const std::size_t free = filling_->free_size();
      size = format_.write(record, {room, free}, extent);
      if (size <= free) {
        filling_->add_line(size);
        return Appended::yes;
      }
      if (size > LogBuffer::max_size) return Appended::too_long;
    } else if (filling_->size() == 0 || !swap()) {
      return Appended::no_room;
    }
  }
}

// A full buffer for an empty one.
bool AccessLog::swap() noexcept {
  LogBuffer* spare = thread_.take_spare();
  if (spare == nullptr) return false;
  thread_.offer(filling_);
  thread_.wake(Haste::at_once);
  filling_ = spare;
  return true;
}

void AccessLog::hand_over(Haste haste) noexcept {
  if (filling_ == nullptr || filling_->size() == 0) return;
  thread_.offer(filling_);
  thread_.wake(haste);
  filling_ = nullptr;
}

void AccessLog::end_of_turn() noexcept {
  if (filling_ == nullptr) return;
  const bool is_due = lines_at_once_ != 0 && filling_->lines() >= lines_at_once_;
  const bool is_half_full = filling_->size() > LogBuffer::max_size / 2;
  hand_over(is_due || is_half_full ? Haste::at_once : Haste::at_leisure);
}

void AccessLog::reopen(int fd) noexcept {
  hand_over(Haste::at_once);
  thread_.reopen(fd);
}

bool AccessLog::flush(Duration bound) noexcept {
  hand_over(Haste::at_once);
  return thread_.drain(bound);
}

}  // namespace pm::observe
