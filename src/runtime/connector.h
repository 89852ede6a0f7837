// SPDX-License-Identifier: MIT
// connector.h -- plugs the codecs' client ends into the pools.
//
//   source  layout.md, "upstream": connector is an interface
#pragma once

#include "h1/client.h"
#include "h2/client.h"
#include "upstream/pool.h"

namespace pm::runtime {

class Connector final : public upstream::Connector {
 public:
  explicit Connector(h2::Flusher& flusher) noexcept : flusher_(&flusher) {}

  bool speaks(upstream::Protocol) const noexcept override { return true; }
  http::ClientConnection* adopt(net::Stream* stream, http::ConnectionOwner& owner,
                                const upstream::TransportSettings& settings,
                                upstream::Protocol protocol) noexcept override {
    const std::uint32_t most = settings.max_response_header_bytes;
    if (protocol == upstream::Protocol::http1)
      return h1::Client::adopt(stream, owner, {.max_bytes = most, .max_line = most});
    h2::ClientSettings http2;
    http2.limits.max_bytes = most;
    http2.session.connection_window = connection_window;
    http2.read_idle_ms = settings.read_idle_ms;
    http2.ping_timeout_ms = settings.ping_timeout_ms;
    return h2::Client::open(stream, owner, *flusher_, http2);
  }

 private:
  // Given back as it is filled: what a slow client leaves unread is held back by the windows of its own streams.
  static constexpr std::uint32_t connection_window = 16 << 20;
  h2::Flusher* flusher_;
};

}  // namespace pm::runtime
