// SPDX-License-Identifier: MIT
#include "runtime/prelude.h"

#include "net/proxy_protocol.h"
#include "runtime/entry.h"

namespace pm::runtime {

using net::ProxyHeader;

ProxyPrelude* ProxyPrelude::open(Entry& entry, net::Loop& loop, int fd, const Endpoint& peer,
                                 bool trusted, std::uint64_t timeout_ms) noexcept {
  auto* prelude = new ProxyPrelude(entry, peer, trusted);
  prelude->loop_ = &loop;
  prelude->stream_ = net::Stream::open(loop, fd, *prelude);
  if (prelude->stream_ == nullptr) {
    delete prelude;
    return nullptr;
  }
  if (timeout_ms != 0) loop.arm(*prelude, loop.now_ms() + timeout_ms);
  prelude->stream_->resume();
  return prelude;
}

ProxyPrelude::~ProxyPrelude() {
  PM_CHECK(stream_ == nullptr, "a prelude hands its stream on or closes it");
}

void ProxyPrelude::on_readable() noexcept {
  bytes_.grow(loop_->pools(), 1);
  const net::Got got = stream_->read(bytes_.tail(), bytes_.room());
  if (got.status == net::Io::again) return;
  if (got.status != net::Io::ok) return close();
  bytes_.commit(got.size);
  const ProxyHeader header = net::parse_proxy_header(bytes_.view());
  switch (header.status) {
    case ProxyHeader::Status::incomplete: return;
    case ProxyHeader::Status::bad: return close();
    case ProxyHeader::Status::none: return hand_over(peer_, 0);
    case ProxyHeader::Status::found: break;
  }
  hand_over(trusted_ && header.has_addresses ? header.source : peer_, header.length);
}

void ProxyPrelude::hand_over(const Endpoint& client, std::size_t taken) noexcept {
  bytes_.consume(taken);
  net::Stream* stream = stream_;
  stream_ = nullptr;
  entry_->serve(stream, client, bytes_.view());
  leave();
}

void ProxyPrelude::close() noexcept {
  if (stream_ == nullptr) return;
  stream_->close();
  stream_ = nullptr;
  leave();
  entry_->forget_prelude();
}

void ProxyPrelude::leave() noexcept {
  bytes_.release(loop_->pools());
  loop_->disarm(*this);
  ListNode<ProxyPrelude>::unlink();
  loop_->reactor().retire(static_cast<net::Mortal*>(this));
}

}  // namespace pm::runtime
