// SPDX-License-Identifier: MIT
#include "upstream/pool.h"

#include "net/stream.h"

#include <algorithm>
#include <utility>

namespace pm::upstream {
namespace {

Target& target_of(http::ClientConnection& connection) noexcept {
  return *static_cast<Target*>(connection.target);
}

using InPool = ListNode<http::PoolTag>;
using InLru = ListNode<http::LruTag>;

constexpr std::uint32_t usual_room =
    100;  // of a connection of HTTP/2 whose server has not told yet

}  // namespace

// A place that has become free is given away in a turn of its own: whoever freed it may be in the middle of a write.
class Pool::Waker final : public net::Watch {
 public:
  explicit Waker(Pool& pool) noexcept : pool_(&pool) {}

 private:
  void on_event(const net::Event&) noexcept override {}
  void on_turn() noexcept override {
    pool_->fail_waiters();
    for (auto& [key, target] : pool_->targets_)
      pool_->serve_waiters(*target);
  }

  Pool* pool_;
};

Pool::Pool(net::Loop& loop, const shm::Names* names, Connector& connector,
           TransportSettings settings)
    : loop_(&loop),
      names_(names),
      connector_(&connector),
      settings_(std::move(settings)),
      waker_(new Waker(*this)) {}

Pool::~Pool() {
  close_idle();
  loop_->reactor().retire(waker_);
}

Target& Pool::target(const std::string& host, std::uint16_t port, Scheme scheme) {
  const bool offers_http2 = !settings_.disable_http2 && connector_->speaks(Protocol::http2);
  if (scheme == Scheme::https && !offers_http2) scheme = Scheme::https_http1;
  auto& slot = targets_[{host, port, scheme}];
  if (slot == nullptr) {
    slot = std::make_unique<Target>();
    slot->pool = this;
    slot->host = host;
    slot->port = port;
    slot->scheme = scheme;
    expect(*slot, scheme == Scheme::h2c ? Protocol::http2 : Protocol::http1);
    slot->literal = Address::parse(host);
  }
  return *slot;
}

Target& Pool::http1_target(Target& target) {
  if (target.http1 == nullptr)
    target.http1 = &this->target(target.host, target.port, http1_of(target.scheme));
  return *target.http1;
}

// What the next dial will bring. A limit that the server has told is kept as long as it speaks HTTP/2.
void Pool::expect(Target& target, Protocol protocol) noexcept {
  const bool speaks_http2 = protocol == Protocol::http2;
  if (target.speaks_http2 == speaks_http2) return;
  target.speaks_http2 = speaks_http2;
  target.queue.expect(speaks_http2 && settings_.max_idle_per_host >= 0 ? usual_room : 1);
}

void Pool::forget_idle(http::ClientConnection& connection) noexcept {
  connection.InPool::unlink();
  unpark(connection);
}

void Pool::unpark(http::ClientConnection& connection) noexcept {
  connection.InLru::unlink();
  --target_of(connection).idle_count;
  --idle_;
}

bool Pool::is_too_old(const http::ClientConnection& connection) const noexcept {
  return settings_.lifetime_ms != 0 &&
         loop_->now_ms() >= connection.opened_ms() + settings_.lifetime_ms;
}

http::ClientConnection* Pool::take(Target& target) noexcept {
  while (!target.idle.empty()) {
    http::ClientConnection& connection = target.idle.front();
    // Its end may have come in the same batch of events, or its age while it was idle.
    if (!connection.is_usable() || is_too_old(connection)) {
      connection.close();
      continue;
    }
    forget_idle(connection);
    return &connection;
  }
  return target.shared.empty() ? nullptr : shared_.take(target);
}

void Pool::close_coldest(Target& target) noexcept {
  if (!target.idle.empty()) target.idle.back().close();
}

http::ClientConnection* Pool::adopt(Target& target, net::Stream* stream,
                                    Protocol protocol) noexcept {
  expect(target, protocol);
  // Without reuse it carries one exchange, whatever it could.
  const bool is_shared = protocol == Protocol::http2 && settings_.max_idle_per_host >= 0;
  http::ConnectionOwner& owner = is_shared ? static_cast<http::ConnectionOwner&>(shared_) : *this;
  http::ClientConnection* connection = connector_->adopt(stream, owner, settings_, protocol);
  if (connection == nullptr) return nullptr;
  connection->target = &target;
  target.queue.dial_ended();
  if (is_shared) shared_.add(*connection);
  wake_waiter(target);
  return connection;
}

void Pool::dial_began(Target& target) noexcept {
  ++target.open, ++open_;
  target.queue.dial_began();
}

void Pool::dial_ended(Target& target) noexcept {
  --target.open, --open_;
  target.queue.dial_ended();
  wake_waiter(target);
}

void Pool::dial_failed(Target& target, http::Outcome outcome) noexcept {
  dial_ended(target);
  target.queue.move_stranded(failed_, outcome);
}

void Pool::fail_waiters() noexcept {
  while (!failed_.empty())
    failed_.pop_front().tell_failure();
}

// Once each: who finds nothing queues up again.
void Pool::serve_waiters(Target& target) noexcept {
  for (std::uint32_t left = target.queue.size(); left > 0 && !target.queue.empty(); --left) {
    const bool has_ready = !target.idle.empty() || !target.shared.empty();
    if (!has_ready && !(may_open(target) && target.queue.needs_dial())) return;
    target.queue.pop().on_turn_to_connect();
  }
}

void Pool::on_lingering(http::ClientConnection& connection) noexcept {
  lingering_.push_back(connection);
}

// Once a request: park() is part of it.
[[gnu::flatten]] void Pool::on_idle(http::ClientConnection& connection) noexcept {
  connection.InLru::unlink();  // it may have lingered
  target_of(connection).idle.push_front(connection);
  park(connection);
}

// It carries nothing: it is kept for its time, or it is one too many.
void Pool::park(http::ClientConnection& connection) noexcept {
  Target& target = target_of(connection);
  const std::uint64_t now = loop_->now_ms();
  const bool surplus = target.idle_count >= settings_.max_idle_per_host;
  lru_.push_back(connection);
  ++target.idle_count;
  ++idle_;
  const bool is_reusable = settings_.max_idle_per_host >= 0 && !is_too_old(connection);
  if (!is_reusable || (surplus && target.queue.empty())) return connection.close();
  connection.set_idle_deadline(settings_.idle_timeout_ms == 0 ? 0
                                                              : now + settings_.idle_timeout_ms);
  if (settings_.max_idle != 0 && idle_ > settings_.max_idle) lru_.front().close();
  wake_waiter(target);
}

void Pool::on_gone(http::ClientConnection& connection) noexcept {
  Target& target = target_of(connection);
  if (static_cast<InPool&>(connection).is_linked()) forget_idle(connection);
  connection.InLru::unlink();
  --target.open, --open_;
  wake_waiter(target);
}

void Pool::wake_waiter(Target& target) noexcept {
  if (!target.queue.empty()) loop_->reactor().queue(*waker_);
}

void Pool::close_idle() noexcept {
  while (!lru_.empty())
    lru_.front().close();
  while (!lingering_.empty())
    lingering_.front().close();
}

}  // namespace pm::upstream
