// SPDX-License-Identifier: MIT
// http1_connector.h -- plugs the codec's client end into the pools.
//
//   source  layout.md, "upstream": connector is an interface
#pragma once

#include "h1/client.h"
#include "upstream/pool.h"

namespace pm::runtime {

class Http1Connector final : public upstream::Connector {
 public:
  http::ClientConnection* adopt(net::Stream* stream, http::ConnectionOwner& owner,
                                const upstream::TransportSettings& settings) noexcept override {
    const std::uint32_t most = settings.max_response_header_bytes;
    return h1::Client::adopt(stream, owner, {.max_bytes = most, .max_line = most});
  }
};

}  // namespace pm::runtime
