// SPDX-License-Identifier: MIT
#include "net/listener.h"

#include <algorithm>
#include <cerrno>

namespace pm::net {
namespace {

constexpr int accepts_a_turn = 64;
constexpr int patience = 4;            // turns
constexpr int accepts_at_stop = 4096;  // the backlog: what the kernel may hold for us
constexpr std::uint64_t rest_ms = 100;

// The connection was gone before it was taken, or the network had something to say of it alone (accept(2)).
bool concerns_one_connection(int error) noexcept {
  switch (error) {
    case ECONNABORTED:
    case EINTR:
    case EPROTO:
    case ENETDOWN:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ENOPROTOOPT:
    case EOPNOTSUPP: return true;
    default: return false;
  }
}

}  // namespace

bool Listener::start() noexcept {
  return watch() >= 0;
}

void Listener::on_event(const Event&) noexcept {
  loop_->reactor().queue(*this);
}

// What is left in the queue is told anew in the next pass, so one is enough, unless that has not been enough for a while.
void Listener::on_turn() noexcept {
  if (is_muted_) return;
  if (accept_some(limit_) < limit_) {
    limit_ = 1;
    streak_ = 0;
  } else if (++streak_ >= patience) {
    limit_ = std::min(limit_ * 4, accepts_a_turn);
  }
}

void Listener::on_timer() noexcept {
  go_on();
}

void Listener::mute() noexcept {
  if (!is_muted_) loop_->kernel().unwatch(fd_);
  is_muted_ = true;
}

void Listener::go_on() noexcept {
  const bool rests = Timer::is_armed();
  if (!is_muted_ || rests) return;
  if (const int result = watch(); result < 0) rest(-result);
}

int Listener::watch() noexcept {
  const int result = loop_->kernel().watch_level(fd_, this);
  is_muted_ = result < 0;
  return result;
}

void Listener::rest(int error) noexcept {
  user_->on_accept_failed(error);
  mute();
  loop_->arm(*this, loop_->now_ms() + rest_ms);
}

int Listener::accept_some(int limit) noexcept {
  for (int taken = 0; taken < limit;) {
    if (!user_->may_accept()) {
      mute();
      return taken;
    }
    Endpoint peer;
    const int fd = loop_->kernel().accept(fd_, peer);
    if (fd >= 0) {
      user_->on_accept(fd, peer);
      ++taken;
      continue;
    }
    if (fd == -EAGAIN) return taken;
    if (concerns_one_connection(-fd)) continue;
    rest(-fd);
    return taken;
  }
  return limit;
}

void Listener::stop() noexcept {
  accept_some(accepts_at_stop);
  // The master's copy would keep the registration alive: close() alone leaves epoll only with the last copy.
  mute();
  loop_->kernel().close(fd_);
  loop_->disarm(*this);
  loop_->reactor().retire(static_cast<Watch*>(this));
}

}  // namespace pm::net
