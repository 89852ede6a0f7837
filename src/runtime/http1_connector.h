// SPDX-License-Identifier: MIT
// http1_connector.h -- plugs the codec's client end into the pools.
//
//   errors  a server of scheme h2c gets no codec yet, so requests to it are answered with 502; https offers HTTP/1.1 alone. Both
//           end with the commit that plugs the client end of HTTP/2 in here
//   source  layout.md, "upstream": connector is an interface
#pragma once

#include "h1/client.h"
#include "upstream/pool.h"

namespace pm::runtime {

class Http1Connector final : public upstream::Connector {
 public:
  http::ClientConnection* adopt(net::Stream* stream, http::ConnectionOwner& owner,
                                const upstream::TransportSettings& settings,
                                upstream::Protocol protocol) noexcept override {
    if (protocol != upstream::Protocol::http1) return nullptr;
    const std::uint32_t most = settings.max_response_header_bytes;
    return h1::Client::adopt(stream, owner, {.max_bytes = most, .max_line = most});
  }
};

}  // namespace pm::runtime
