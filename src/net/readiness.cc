// SPDX-License-Identifier: MIT
#include "net/readiness.h"

#include <uv.h>

namespace pm::net {

// Freed by libuv's close callbacks, so the function outlives a call of itself in which the Readiness dies.
struct Readiness::Handle {
  uv_poll_t poll{};
  uv_timer_t soon{};  // libuv tells the kernel of an interest in its next round: this makes one due
  std::function<void(Ready)> tell;
};

Readiness::Readiness(uv_loop_s* loop, int fd, std::function<void(Ready)> tell) {
  auto* handle = new Handle;
  if (uv_poll_init(loop, &handle->poll, fd) != 0) {
    delete handle;
    return;
  }
  uv_timer_init(loop, &handle->soon);
  handle->tell = std::move(tell);
  handle->poll.data = handle->soon.data = handle;
  handle_ = handle;
}

Readiness::~Readiness() {
  if (handle_ == nullptr) return;
  uv_close(reinterpret_cast<uv_handle_t*>(&handle_->poll), [](uv_handle_t* poll) noexcept {
    auto* handle = static_cast<Handle*>(poll->data);
    uv_close(reinterpret_cast<uv_handle_t*>(&handle->soon),
             [](uv_handle_t* soon) noexcept { delete static_cast<Handle*>(soon->data); });
  });
}

void Readiness::want(Ready interest) noexcept {
  if (handle_ == nullptr) return;
  const int events = (interest.readable ? UV_READABLE : 0) | (interest.writable ? UV_WRITABLE : 0);
  if (events == 0) {
    uv_poll_stop(&handle_->poll);
    return;
  }
  uv_poll_start(&handle_->poll, events, [](uv_poll_t* poll, int status, int seen) noexcept {
    const bool broken = status < 0;
    static_cast<Handle*>(poll->data)
        ->tell({broken || (seen & UV_READABLE) != 0, broken || (seen & UV_WRITABLE) != 0});
  });
  uv_timer_start(
      &handle_->soon, [](uv_timer_t*) noexcept {}, 0, 0);
}

}  // namespace pm::net
