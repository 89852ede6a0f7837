// SPDX-License-Identifier: MIT
// socket.h -- listening sockets, and messages with descriptors between our own processes.
//
//   in      an Endpoint; a wildcard IPv6 address listens for IPv4 as well
//   out     non-blocking, close-on-exec sockets. A listener has SO_REUSEPORT, TCP_NODELAY and keep-alive set, which the
//           sockets accepted from it inherit
//   errors  Errc::conflict for an address in use, Errc::denied for a port that needs privilege
//   source  decisions 31 to 33; socket(7), tcp(7), unix(7)
#pragma once

#include "core/ip.h"
#include "os/fd.h"

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace pm::os {

inline constexpr int listen_backlog = 4096;
inline constexpr std::size_t max_passed_fds = 16;

// A plain socket is bound and listens for a moment: without it a second daemon of the same user would join the
// SO_REUSEPORT group in silence and take half of the traffic.
Status probe_bind(const Endpoint& endpoint);
Result<Fd> listen_tcp(const Endpoint& endpoint);
// New connections of the SO_REUSEPORT group that `fd` is in go to its first `count` sockets, evenly.
bool steer_connections(int fd, unsigned count) noexcept;
// Of somebody else's making: to be used like one of ours. False: it is no TCP socket that listens.
bool take_listener(int fd) noexcept;
// Whether listen_tcp() of the same address makes one more of its group: it has SO_REUSEPORT, is of our user, and takes the
// same families.
bool can_be_joined(int fd) noexcept;
Result<Endpoint> local_endpoint(int fd);  // the port that the kernel chose for port 0
bool has_ipv6() noexcept;

// A connected pair that keeps message boundaries; both ends non-blocking.
Result<std::pair<Fd, Fd>> message_pair();

enum class Transfer : std::uint8_t {
  done,
  again,
  closed,
  broken
};  // broken: cut, or too many descriptors
struct Received {
  Transfer outcome = Transfer::broken;
  std::size_t size = 0;
  std::size_t fd_count = 0;
  std::array<Fd, max_passed_fds> fds;
};
Transfer send_message(int fd, std::string_view bytes, std::span<const int> fds) noexcept;
Received receive_message(int fd, std::span<char> buffer) noexcept;

}  // namespace pm::os
