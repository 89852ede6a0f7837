// SPDX-License-Identifier: MIT
#include "process/child_loop.h"

#include "os/signal.h"

#include <csignal>

namespace pm::process {

Status ChildLoop::open() {
  PM_TRY([[maybe_unused]] auto opened, loop_.open());
  // A terminal sends INT to everybody in front of it; the master decides what it means.
  os::ignore_signal(SIGINT);
  // A master that died before this point is noticed as well: the closed channel speaks at once.
  PM_TRY([[maybe_unused]] auto heard, loop_.watch(channel_.number(), [this] { read_messages(); }));
  PM_TRY([[maybe_unused]] auto first, loop_.on_signal(SIGTERM, [this] { ear_.on_terminate(); }));
  PM_TRY([[maybe_unused]] auto second, loop_.on_signal(SIGQUIT, [this] { ear_.on_quit(); }));
  return loop_.on_signal(SIGUSR1, [this] { ear_.on_flush(); });
}

void ChildLoop::read_messages() {
  while (is_listening_) {
    Message message = channel_.receive();
    switch (message.event) {
      case Event::nothing: return;
      case Event::message: ear_.on_message(std::move(message)); break;
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
