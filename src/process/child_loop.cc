// SPDX-License-Identifier: MIT
#include "process/child_loop.h"

#include "os/signal.h"

#include <csignal>

namespace pm::process {
namespace {

Error loop_error(std::string_view what, int code) {
  return Error{Errc::io, "", std::string(what) + ": " + uv_strerror(code)};
}

}  // namespace

Status ChildLoop::open() {
  if (const int code = uv_loop_init(&loop_); code != 0)
    return loop_error("cannot make a loop", code);
  // A terminal sends INT to everybody in front of it; the master decides what it means.
  os::ignore_signal(SIGINT);
  // With the channel closed poll speaks at once, so a master that died before this point is noticed as well.
  if (const int code = uv_poll_init(&loop_, &poll_, channel_.number()); code != 0) {
    return loop_error("cannot watch the channel", code);
  }
  poll_.data = this;
  is_listening_ = true;
  // libuv stops the handle by itself when the master died with a message of ours unread (POLLERR): the flag is ours.
  uv_poll_start(&poll_, UV_READABLE | UV_DISCONNECT, [](uv_poll_t* handle, int, int) noexcept {
    static_cast<ChildLoop*>(handle->data)->read_messages();
  });
  PM_TRY([[maybe_unused]] auto first, watch(terminate_, SIGTERM));
  PM_TRY([[maybe_unused]] auto second, watch(quit_, SIGQUIT));
  return watch(flush_, SIGUSR1);
}

Status ChildLoop::watch(uv_signal_t& handle, int number) {
  uv_signal_init(&loop_, &handle);
  handle.data = this;
  const auto on_signal = [](uv_signal_t* self, int signal) noexcept {
    Ear& ear = static_cast<ChildLoop*>(self->data)->ear_;
    if (signal == SIGTERM) return ear.on_terminate();
    if (signal == SIGQUIT) return ear.on_quit();
    ear.on_flush();
  };
  if (const int code = uv_signal_start(&handle, on_signal, number); code != 0) {
    return loop_error("cannot watch " + os::signal_name(number), code);
  }
  // Handles that only listen do not keep the loop alive on their own; the poll does.
  uv_unref(reinterpret_cast<uv_handle_t*>(&handle));
  return success();
}

void ChildLoop::read_messages() {
  while (is_listening_) {
    Message message = channel_.receive();
    switch (message.event) {
      case Event::nothing: return;
      case Event::message: ear_.on_message(std::move(message)); break;
      case Event::closed:
      case Event::malformed:
        stop_listening();
        ear_.on_master_gone();
        return;
    }
  }
}

void ChildLoop::close() noexcept {
  uv_close(reinterpret_cast<uv_handle_t*>(&poll_), nullptr);
  for (uv_signal_t* handle : {&terminate_, &quit_, &flush_}) {
    uv_close(reinterpret_cast<uv_handle_t*>(handle), nullptr);
  }
  uv_run(&loop_, UV_RUN_DEFAULT);
  uv_loop_close(&loop_);
}

}  // namespace pm::process
