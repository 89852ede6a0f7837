// SPDX-License-Identifier: MIT
// local_socket.h -- unix sockets with a name in the file system, and who is at their other end.
//
//   out     non-blocking, close-on-exec sockets
//   errors  Errc::conflict when the name is taken, denied where none may be made, bad_value for a path that is too long
//   source  unix(7)
#pragma once

#include "os/fd.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace pm::os {

inline constexpr std::size_t longest_local_path = 107;

// The name appears when the socket already listens, so that one that refuses connections has been left behind.
Result<Fd> listen_local(const std::string& path);
bool is_abandoned(const std::string& path) noexcept;  // there, and nobody listens
std::optional<std::uint32_t> peer_uid(int fd) noexcept;

}  // namespace pm::os
