// SPDX-License-Identifier: MIT
#include "net/loop.h"

#include <uv.h>

#include <algorithm>

namespace pm::net {

// Lives until libuv has closed all its handles, which is after the Loop is gone.
struct Loop::Handles {
  Loop* loop = nullptr;
  uv_prepare_t life{};  // without a handle that lives libuv would look at nothing
  uv_timer_t timer{};
  uv_timer_t delay{};
  int open = 0;

  template <class H>
  void adopt(H& handle) noexcept {
    handle.data = this;
    ++open;
  }
  template <class H>
  void close(H& handle) noexcept {
    uv_close(reinterpret_cast<uv_handle_t*>(&handle), [](uv_handle_t* h) noexcept {
      auto* self = static_cast<Handles*>(h->data);
      if (--self->open == 0) delete self;
    });
  }
};

Result<std::unique_ptr<Loop>> Loop::create(uv_loop_s* loop) {
  auto kernel = std::make_unique<EpollKernel>();
  if (!kernel->is_open()) return Error{Errc::io, "", "the kernel refuses an epoll descriptor"};
  Kernel& borrowed = *kernel;
  std::unique_ptr<Loop> result(new Loop(loop, std::move(kernel), borrowed));
  PM_TRY([[maybe_unused]] auto attached, result->attach());
  return result;
}

std::unique_ptr<Loop> Loop::create_for_test(Kernel& kernel) {
  return std::unique_ptr<Loop>(new Loop(nullptr, nullptr, kernel));
}

Loop::Loop(uv_loop_s* loop, std::unique_ptr<Kernel> own, Kernel& kernel)
    : uv_(loop),
      own_kernel_(std::move(own)),
      now_ns_(kernel.now_ns()),
      reactor_(kernel),
      wheel_(now_ns_ / 1000000),
      gather_(scratch_.data()) {}

Loop::~Loop() {
  if (handles_ != nullptr) {
    Handles* handles = handles_;
    handles->close(handles->life);
    handles->close(handles->timer);
    handles->close(handles->delay);
  }
}

Status Loop::attach() {
  if (kernel().watch_level(uv_backend_fd(uv_), &uv_watch_) < 0)
    return Error{Errc::io, "", "the kernel refuses to watch an epoll descriptor"};
  handles_ = new Handles;
  handles_->loop = this;
  uv_prepare_init(uv_, &handles_->life);
  uv_timer_init(uv_, &handles_->timer);
  uv_timer_init(uv_, &handles_->delay);
  handles_->adopt(handles_->life);
  handles_->adopt(handles_->timer);
  handles_->adopt(handles_->delay);
  uv_prepare_start(&handles_->life, [](uv_prepare_t*) noexcept {});
  return success();
}

void Loop::round() noexcept {
  uv_update_time(uv_);
  const int timeout = uv_backend_timeout(uv_);
  const bool is_due = timeout == 0 || uv_watch_.is_ready;
  if (is_due) {
    uv_watch_.is_ready = false;
    uv_run(uv_, UV_RUN_NOWAIT);
  }
  reactor_.wait(is_due || has_more_ ? 0 : timeout);
  turn();
}

void Loop::turn() noexcept {
  read_clock();
  has_more_ = reactor_.turn();
  for (TurnEnd* what : turn_ends_)
    what->on_turn_end();
  if (is_measured_) {
    is_measured_ = false;
    longest_turn_ns_ = std::max(longest_turn_ns_, reactor_.kernel().now_ns() - now_ns_);
  }
}

void Loop::tick() noexcept {
  read_clock();
  wheel_.advance(now_ms());
  if (handles_ == nullptr) delays_.ring(now_ms());
}

void Loop::set(Delay& delay, std::uint64_t after_ms) {
  // The turn's clock may be behind by what the turn has done so far.
  delays_.set(delay, (after_ms == 0 ? now_ns_ : reactor_.kernel().now_ns()) / 1000000 + after_ms);
  wait_for_delay();
}

void Loop::wait_for_delay() noexcept {
  if (handles_ == nullptr) return;
  const std::uint64_t due = delays_.next_ms();
  if (due == 0) {
    uv_timer_stop(&handles_->delay);
    return;
  }
  const std::uint64_t now = reactor_.kernel().now_ns() / 1000000;
  const auto on_due = [](uv_timer_t* handle) noexcept {
    Loop& loop = *static_cast<Handles*>(handle->data)->loop;
    loop.read_clock();
    loop.delays_.ring(loop.now_ms());
    loop.turn();
    loop.wait_for_delay();
  };
  uv_update_time(uv_);
  uv_timer_start(&handles_->delay, on_due, due > now ? due - now : 0, 0);
}

void Loop::arm(Timer& timer, std::uint64_t deadline_ms) noexcept {
  wheel_.arm(timer, deadline_ms);
  if (!ticking_) start_ticking();
}

void Loop::start_ticking() noexcept {
  if (handles_ == nullptr) return;
  ticking_ = true;
  const auto on_tick = [](uv_timer_t* handle) noexcept {
    Loop& loop = *static_cast<Handles*>(handle->data)->loop;
    loop.tick();
    loop.turn();  // a time-out may have queued or retired watches
    if (loop.wheel_.is_empty()) {
      uv_timer_stop(handle);
      loop.ticking_ = false;
    }
  };
  uv_timer_start(&handles_->timer, on_tick, Wheel::tick_ms, Wheel::tick_ms);
}

}  // namespace pm::net
