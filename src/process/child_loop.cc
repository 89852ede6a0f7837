// SPDX-License-Identifier: MIT
#include "process/child_loop.h"

#include "os/signal.h"

#include <csignal>

namespace pm::process {

Status ChildLoop::open() {
  PM_TRY([[maybe_unused]] auto opened, loop_.open());
  hold_reserve();
  // A terminal sends INT to everybody in front of it; the master decides what it means.
  os::ignore_signal(SIGINT);
  // A master that died before this point is noticed as well: the closed channel speaks at once.
  PM_TRY([[maybe_unused]] auto heard, loop_.watch(channel_.number(), [this] { read_messages(); }));
  PM_TRY([[maybe_unused]] auto first, loop_.on_signal(SIGTERM, [this] { ear_.on_terminate(); }));
  PM_TRY([[maybe_unused]] auto second, loop_.on_signal(SIGQUIT, [this] { ear_.on_quit(); }));
  return loop_.on_signal(SIGUSR1, [this] { ear_.on_flush(); });
}

Status ChildLoop::tell_ready() noexcept {
  if (channel_.send(MessageType::ready)) return success();
  return Error{Errc::io, "", "the master does not take the word that all is ready"};
}

void ChildLoop::run(net::Loop& traffic) {
  while (!has_left_)
    traffic.round();
}

// What a message has brought may take the reserve's place until it has been dealt with.
void ChildLoop::hold_reserve() noexcept {
  for (os::Fd& fd : reserve_) {
    if (fd.is_open()) continue;
    if (auto copy = os::duplicate(channel_.number())) fd = std::move(copy).value();
  }
}

void ChildLoop::read_messages() {
  while (is_listening_) {
    reserve_ = {};
    Message message = channel_.receive();
    hold_reserve();
    switch (message.event) {
      case Event::nothing: return;
      case Event::message:
        ear_.on_message(std::move(message));
        hold_reserve();
        break;
      case Event::closed:
      case Event::malformed:
        is_listening_ = false;
        loop_.unwatch();
        ear_.on_master_gone();
        return;
    }
  }
}

}  // namespace pm::process
