// SPDX-License-Identifier: MIT
#include "observe/log_thread.h"

#include "core/check.h"

#include <cerrno>
#include <csignal>
#include <ctime>

#include <linux/futex.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace pm::observe {
namespace {

constexpr std::size_t stack_size = 128 * 1024;  // touched: a page or two
constexpr int niceness = 5;                     // a worker bound to the same core goes first
constexpr int waits_at_stop = 10;               // of LineWriter's 100 ms

timespec to_timespec(Duration time) noexcept {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
  return {seconds.count(), (time - seconds).count()};
}

void futex_wait(std::atomic<std::uint32_t>& word, std::uint32_t value,
                const timespec* bound) noexcept {
  syscall(SYS_futex, reinterpret_cast<std::uint32_t*>(&word), FUTEX_WAIT_PRIVATE, value, bound,
          nullptr, 0);
}

void futex_wake(std::atomic<std::uint32_t>& word) noexcept {
  syscall(SYS_futex, reinterpret_cast<std::uint32_t*>(&word), FUTEX_WAKE_PRIVATE, 1, nullptr,
          nullptr, 0);
}

}  // namespace

// The thread takes no signals: those are the loop's.
LogThread::LogThread(int fd, Pace pace) : writer_(fd), pace_(pace), waits_left_(waits_at_stop) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, stack_size);
  is_running_ = pthread_create(&thread_, &attributes, start, this) == 0;
  pthread_attr_destroy(&attributes);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

LogThread::~LogThread() {
  if (is_running_) {
    stops_.store(true);
    wake(Haste::at_once);
    pthread_join(thread_, nullptr);
  }
  const int unused = new_fd_.load();
  if (unused > STDERR_FILENO) close(unused);
}

// ---- the owner's side

LogBuffer* LogThread::take() noexcept {
  // What lies ready while the log is reopened belongs to the old file.
  const bool is_left =
      wanted_.load(std::memory_order_relaxed) || new_fd_.load(std::memory_order_relaxed) >= 0;
  return is_left ? buffers_.take_spare_first() : buffers_.take();
}

void LogThread::wake(Haste haste) noexcept {
  if (haste == Haste::at_once) hurry_.store(true);
  std::uint32_t state = state_.load();
  const bool is_asleep = state == resting || (state == lingering && haste == Haste::at_once);
  if (is_asleep && state_.compare_exchange_strong(state, working)) futex_wake(state_);
}

bool LogThread::drain(Duration bound) noexcept {
  constexpr Duration step = std::chrono::milliseconds(1);
  const timespec pause = to_timespec(step);
  for (; !buffers_.is_all_written(); bound -= step) {
    if (bound <= Duration(0) || !is_running_) return false;
    wake(Haste::at_once);
    nanosleep(&pause, nullptr);
  }
  return true;
}

void LogThread::reopen(int fd) noexcept {
  const int unused = new_fd_.exchange(fd);
  if (unused > STDERR_FILENO) close(unused);
  wake(Haste::at_once);
}

// ---- the thread's side

void* LogThread::start(void* self) noexcept {
  pthread_setname_np(pthread_self(), "log");
  setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), niceness);
  static_cast<LogThread*>(self)->run();
  return nullptr;
}

bool LogThread::may_wait(void* self) noexcept {
  auto& thread = *static_cast<LogThread*>(self);
  if (thread.new_fd_.load() >= 0) return false;
  return !thread.stops_.load() || thread.waits_left_-- > 0;
}

void LogThread::run() noexcept {
  bool was_woken = false;
  while (true) {
    const bool has_new_fd = new_fd_.load() >= 0;
    const bool wrote = write_ready();
    if (has_new_fd) writer_.reopen(new_fd_.exchange(-1));
    if (wrote) {
      was_woken = false;
      linger(pace_.between);
    } else if (stops_.load()) {
      return;
    } else {
      wanted_.store(was_woken, std::memory_order_relaxed);
      rest();
      linger(pace_.before);
      was_woken = true;
    }
  }
}

bool LogThread::write_ready() noexcept {
  hurry_.store(false);
  LogBuffer* buffer = buffers_.take_oldest();
  if (buffer == nullptr) return false;
  const std::uint64_t lost = writer_.write(buffer->text(), may_wait, this);
  dropped_.fetch_add(lost, std::memory_order_relaxed);
  buffers_.give_back(buffer);
  wanted_.store(false, std::memory_order_relaxed);
  return true;
}

void LogThread::linger(Duration time) noexcept {
  if (time <= Duration(0)) return;
  state_.store(lingering);
  const timespec bound = to_timespec(time);
  if (!hurry_.load() && !has_orders()) futex_wait(state_, lingering, &bound);
  state_.store(working);
}

void LogThread::rest() noexcept {
  state_.store(resting);
  if (buffers_.has_ready() || has_orders()) {
    state_.store(working);
    return;
  }
  while (state_.load() == resting)
    futex_wait(state_, resting, nullptr);
}

}  // namespace pm::observe
