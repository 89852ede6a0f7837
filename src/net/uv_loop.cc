// SPDX-License-Identifier: MIT
#include "net/uv_loop.h"

#include <uv.h>

#include <array>
#include <string>

namespace pm::net {
namespace {

Status outcome(int code, std::string_view what) {
  if (code == 0) return success();
  return Error{Errc::io, "", std::string(what) + ": " + uv_strerror(code)};
}

}  // namespace

struct UvLoop::Handles {
  struct Signal {
    uv_signal_t handle;
    Callback callback;
  };
  uv_loop_t loop;
  uv_poll_t poll;
  bool is_watching = false;
  Callback on_readable;
  std::array<Signal, most_signals> signals;
  std::size_t signal_count = 0;
};

UvLoop::UvLoop() : handles_(std::make_unique<Handles>()) {}
UvLoop::~UvLoop() = default;

Status UvLoop::open() {
  return outcome(uv_loop_init(&handles_->loop), "cannot make a loop");
}

Status UvLoop::watch(int fd, Callback on_readable) {
  Handles& own = *handles_;
  if (const int code = uv_poll_init(&own.loop, &own.poll, fd); code != 0) {
    return outcome(code, "cannot watch a descriptor");
  }
  own.is_watching = true;
  own.on_readable = std::move(on_readable);
  own.poll.data = &own;
  // libuv stops the handle before it tells of an error (POLLERR: the peer died with a message unread), so its own state
  // says nothing about whether anybody still listens.
  const auto on_event = [](uv_poll_t* handle, int, int) noexcept {
    static_cast<Handles*>(handle->data)->on_readable();
  };
  return outcome(uv_poll_start(&own.poll, UV_READABLE | UV_DISCONNECT, on_event),
                 "cannot watch a descriptor");
}

void UvLoop::unwatch() noexcept {
  uv_poll_stop(&handles_->poll);
}

Status UvLoop::on_signal(int signal, Callback callback) {
  Handles& own = *handles_;
  PM_CHECK(own.signal_count < most_signals, "a child listens to few signals");
  Handles::Signal& entry = own.signals[own.signal_count++];
  entry.callback = std::move(callback);
  uv_signal_init(&own.loop, &entry.handle);
  entry.handle.data = &entry;
  const auto on_event = [](uv_signal_t* handle, int) noexcept {
    static_cast<Handles::Signal*>(handle->data)->callback();
  };
  // A signal that may come keeps no loop alive.
  uv_unref(reinterpret_cast<uv_handle_t*>(&entry.handle));
  return outcome(uv_signal_start(&entry.handle, on_event, signal), "cannot watch a signal");
}

uv_loop_s* UvLoop::uv() noexcept {
  return &handles_->loop;
}

void UvLoop::close() noexcept {
  Handles& own = *handles_;
  if (own.is_watching) uv_close(reinterpret_cast<uv_handle_t*>(&own.poll), nullptr);
  for (std::size_t i = 0; i < own.signal_count; ++i) {
    uv_close(reinterpret_cast<uv_handle_t*>(&own.signals[i].handle), nullptr);
  }
  uv_run(&own.loop, UV_RUN_DEFAULT);
  uv_loop_close(&own.loop);
}

std::string_view uv_version() noexcept {
  return uv_version_string();
}

}  // namespace pm::net
