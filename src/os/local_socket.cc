// SPDX-License-Identifier: MIT
#include "os/local_socket.h"

#include <cerrno>
#include <cstdio>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace pm::os {
namespace {

constexpr int backlog = 1024;

sockaddr_un address_of(const std::string& path) noexcept {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, longest_local_path);
  return address;
}

Error failure(const std::string& path, int error) {
  Error made = system_error(path, error);
  if (error == EADDRINUSE) made.code = Errc::conflict;
  return made;
}

}  // namespace

Result<Fd> listen_local(const std::string& path) {
  const std::string early = path + "~";
  if (early.size() > longest_local_path)
    return Error{Errc::bad_value, path, "the path is too long for a socket"};
  Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.is_open()) return system_error("a unix socket", errno);
  const sockaddr_un address = address_of(early);
  if (::bind(fd.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return failure(path, errno);
  if (::listen(fd.number(), backlog) == 0 && ::rename(early.c_str(), path.c_str()) == 0) return fd;
  const int error = errno;
  ::unlink(early.c_str());
  return failure(path, error);
}

bool is_abandoned(const std::string& path) noexcept {
  if (path.size() > longest_local_path) return false;
  const Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const sockaddr_un address = address_of(path);
  return fd.is_open() &&
         ::connect(fd.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
         errno == ECONNREFUSED;
}

std::optional<std::uint32_t> peer_uid(int fd) noexcept {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return std::nullopt;
  return peer.uid;
}

}  // namespace pm::os
