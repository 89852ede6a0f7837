// SPDX-License-Identifier: MIT
#include "net/listener.h"

#include <cerrno>

namespace pm::net {
namespace {

constexpr int accepts_a_turn = 64;
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
  if (loop_->kernel().watch(fd_, this) < 0) return false;
  pending_ = true;  // what was queued before there was an edge
  loop_->reactor().queue(*this);
  return true;
}

void Listener::on_event(const Event&) noexcept {
  pending_ = true;
  loop_->reactor().queue(*this);
}

void Listener::on_turn() noexcept {
  const bool rests = Timer::is_armed();
  if (pending_ && !rests && accept_some(accepts_a_turn)) loop_->reactor().queue(*this);
}

void Listener::on_timer() noexcept {
  go_on();
}

void Listener::go_on() noexcept {
  if (pending_) loop_->reactor().queue(*this);
}

bool Listener::accept_some(int limit) noexcept {
  for (int i = 0; i < limit; ++i) {
    if (!user_->may_accept()) return false;
    Endpoint peer;
    const int fd = loop_->kernel().accept(fd_, peer);
    if (fd >= 0) {
      user_->on_accept(fd, peer);
      continue;
    }
    if (fd == -EAGAIN) {
      pending_ = false;
      return false;
    }
    if (concerns_one_connection(-fd)) continue;
    user_->on_accept_failed(-fd);
    loop_->arm(*this, loop_->now_ms() + rest_ms);
    return false;
  }
  return true;
}

void Listener::stop() noexcept {
  accept_some(accepts_at_stop);
  // The master's copy would keep the registration alive: close() alone leaves epoll only with the last copy.
  loop_->kernel().unwatch(fd_);
  loop_->kernel().close(fd_);
  loop_->disarm(*this);
  loop_->reactor().retire(static_cast<Watch*>(this));
}

}  // namespace pm::net
