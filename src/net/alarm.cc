// SPDX-License-Identifier: MIT
#include "net/alarm.h"

#include "core/check.h"

#include <uv.h>

#include <algorithm>

namespace pm::net {

// Freed by libuv's close callback, so the function outlives a call of itself in which the Alarm dies.
struct Alarm::Handle {
  uv_timer_t timer{};
  std::function<void()> ring;
};

Alarm::Alarm(uv_loop_s* loop, std::function<void()> ring) : handle_(new Handle) {
  handle_->ring = std::move(ring);
  handle_->timer.data = handle_;
  PM_CHECK(uv_timer_init(loop, &handle_->timer) == 0, "a timer needs nothing of the kernel");
}

Alarm::~Alarm() {
  uv_close(reinterpret_cast<uv_handle_t*>(&handle_->timer),
           [](uv_handle_t* handle) noexcept { delete static_cast<Handle*>(handle->data); });
}

void Alarm::arm(std::chrono::milliseconds after) noexcept {
  // The loop's clock stands still within a turn; a delay counts from now.
  uv_update_time(handle_->timer.loop);
  const auto delay = static_cast<std::uint64_t>(std::max<std::int64_t>(after.count(), 0));
  uv_timer_start(
      &handle_->timer,
      [](uv_timer_t* timer) noexcept { static_cast<Handle*>(timer->data)->ring(); }, delay, 0);
}

void Alarm::disarm() noexcept {
  uv_timer_stop(&handle_->timer);
}

}  // namespace pm::net
