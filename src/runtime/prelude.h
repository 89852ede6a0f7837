// SPDX-License-Identifier: MIT
// prelude.h -- a connection on which a PROXY header may come before the first request.
//
//   in      an accepted socket, and whether its peer is trusted to speak for others
//   out     the stream, the client's address, and the bytes behind the header, handed to the entry point; or a close
//   own     the stream until then; frees itself at the end of the turn
//   errors  a malformed header, the end of the stream, or no decision within the time: the connection is closed
//   source  static-config.md section 4, proxyProtocol: optional from trusted peers; from others read, dropped and ignored
#pragma once

#include "core/buffer.h"
#include "net/stream.h"
#include "net/timer.h"

namespace pm::runtime {

class Entry;

class ProxyPrelude final : public net::Mortal,
                           public ListNode<ProxyPrelude>,
                           private net::StreamUser,
                           private net::Timer {
 public:
  static ProxyPrelude* open(Entry& entry, net::Loop& loop, int fd, const Endpoint& peer,
                            bool trusted, std::uint64_t timeout_ms) noexcept;
  ~ProxyPrelude() override;
  void close() noexcept;

 private:
  ProxyPrelude(Entry& entry, const Endpoint& peer, bool trusted) noexcept
      : entry_(&entry), peer_(peer), trusted_(trusted) {}
  void on_readable() noexcept override;
  void on_drained() noexcept override {}
  void on_hangup() noexcept override {}
  void on_broken() noexcept override { close(); }
  void on_timer() noexcept override { close(); }
  void hand_over(const Endpoint& client, std::size_t taken) noexcept;
  void leave() noexcept;

  Entry* entry_;
  net::Stream* stream_ = nullptr;
  net::Loop* loop_ = nullptr;
  ByteBuffer bytes_;
  Endpoint peer_;
  bool trusted_;
};

}  // namespace pm::runtime
