// SPDX-License-Identifier: MIT
// pool_shared.cc -- connections that carry several exchanges at once. Those with room are in their target's list, and the one in
// front gets everything until it is full: what is surplus becomes idle behind it, and ages out.
#include "upstream/pool.h"

namespace pm::upstream {
namespace {

Target& target_of(http::ClientConnection& connection) noexcept {
  return *static_cast<Target*>(connection.target);
}

using InPool = ListNode<http::PoolTag>;
using InLru = ListNode<http::LruTag>;

}  // namespace

bool Pool::Shared::has_place(const http::ClientConnection& connection) const noexcept {
  return connection.room() > 0 && !pool_->is_too_old(connection);
}

// Whoever dialled begins on it at once.
void Pool::Shared::add(http::ClientConnection& connection) noexcept {
  connection.expect_room(target_of(connection).queue.expected());
  if (connection.room() > 1) target_of(connection).shared.push_front(connection);
}

// Whoever takes it begins on it at once: with its last place it leaves the list, and comes back by on_room() or on_idle().
http::ClientConnection* Pool::Shared::take(Target& target) noexcept {
  while (!target.shared.empty()) {
    http::ClientConnection& connection = target.shared.front();
    if (has_place(connection)) {
      if (connection.room() == 1) connection.InPool::unlink();
      unpark(connection);
      return &connection;
    }
    set_aside(connection);
  }
  return nullptr;
}

// It has no room for now, or is too old: then it closes as soon as it carries nothing.
void Pool::Shared::set_aside(http::ClientConnection& connection) noexcept {
  connection.InPool::unlink();
  if (connection.is_parked && pool_->is_too_old(connection)) connection.close();
}

// The one that has refused goes behind the others; it is better than nothing, and nothing is left at the limit.
http::ClientConnection* Pool::Shared::take_another(Target& target,
                                                   const http::ClientConnection* refused) noexcept {
  if (!target.shared.empty() && &target.shared.front() == refused) {
    target.shared.push_back(target.shared.pop_front());
    if (&target.shared.front() == refused && pool_->may_open(target)) return nullptr;
  }
  return take(target);
}

void Pool::Shared::unpark(http::ClientConnection& connection) noexcept {
  if (!connection.is_parked) return;
  connection.is_parked = false;
  pool_->unpark(connection);
}

void Pool::Shared::on_idle(http::ClientConnection& connection) noexcept {
  connection.InLru::unlink();  // it may have lingered
  connection.is_parked = true;
  target_of(connection).queue.expect(connection.room());
  if (!connection.InPool::is_linked() && has_place(connection))
    target_of(connection).shared.push_front(connection);
  pool_->park(connection);
}

void Pool::Shared::on_room(http::ClientConnection& connection) noexcept {
  if (!has_place(connection)) return set_aside(connection);
  if (!connection.InPool::is_linked()) target_of(connection).shared.push_front(connection);
  pool_->wake_waiter(target_of(connection));
}

void Pool::Shared::on_draining(http::ClientConnection& connection) noexcept {
  connection.InPool::unlink();
}

void Pool::Shared::on_lingering(http::ClientConnection& connection) noexcept {
  connection.InPool::unlink();
  unpark(connection);
  pool_->on_lingering(connection);
}

void Pool::Shared::on_gone(http::ClientConnection& connection) noexcept {
  connection.InPool::unlink();
  unpark(connection);
  pool_->on_gone(connection);
}

}  // namespace pm::upstream
