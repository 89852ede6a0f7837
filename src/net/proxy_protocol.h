// SPDX-License-Identifier: MIT
// proxy_protocol.h -- the line or block in which a balancer in front of us says whose connection it passes on.
//
//   in      all bytes that have come on a connection so far (peeked or read; call again when there are more)
//   out     how many bytes the header takes, and the two ends of the connection it stands for
//   cost    one look at the header, no allocation. Byte by byte, version 1 is bounded by 107 bytes and version 2 looks at a
//           fixed part, so a slow sender costs linear work
//   errors  bad: close the connection without a word. none: the bytes are the client's own, from the first one on
//   source  The PROXY protocol, versions 1 and 2 (HAProxy, doc/proxy-protocol.txt); static-config.md section 4
#pragma once

#include "core/ip.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pm::net {

// Addresses and TLVs of version 2 behind its 16 fixed bytes; the format allows 64 KiB, nobody sends a tenth of this.
constexpr std::size_t most_proxy_bytes = 4096;
constexpr std::size_t longest_proxy_header = 16 + most_proxy_bytes;

struct ProxyHeader {
  enum class Status : std::uint8_t {
    incomplete,  // it may become one: wait for more bytes, within the time that is allowed
    none,
    found,
    bad,
  };
  Status status = Status::incomplete;
  bool has_addresses =
      false;  // false: the sender speaks for itself (LOCAL, UNKNOWN, unix sockets); the peer counts
  std::uint32_t length = 0;  // with found: bytes to take off
  Endpoint source;
  Endpoint destination;
  const char* why = nullptr;  // with bad: for the log
};

ProxyHeader parse_proxy_header(std::string_view bytes) noexcept;

}  // namespace pm::net
