// SPDX-License-Identifier: MIT
#include "os/socket.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace pm::os {
namespace {

constexpr int keep_alive_period_s = 180;  // static-config.md section 4, "socket facts"

bool set(int fd, int level, int option, int value) {
  return ::setsockopt(fd, level, option, &value, sizeof value) == 0;
}

int get(int fd, int level, int option) {
  int value = -1;
  socklen_t size = sizeof value;
  return ::getsockopt(fd, level, option, &value, &size) == 0 ? value : -1;
}

// Accepted sockets inherit it.
bool set_for_connections(int fd) {
  return set(fd, IPPROTO_TCP, TCP_NODELAY, 1) && set(fd, SOL_SOCKET, SO_KEEPALIVE, 1) &&
         set(fd, IPPROTO_TCP, TCP_KEEPIDLE, keep_alive_period_s) &&
         set(fd, IPPROTO_TCP, TCP_KEEPINTVL, keep_alive_period_s);
}

Result<Fd> bound_socket(const Endpoint& endpoint, bool reuse_port) {
  sockaddr_storage storage{};
  const socklen_t length = endpoint.to_sockaddr(&storage);
  Fd fd(::socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.is_open()) return system_error("cannot make a socket", errno);

  set(fd.number(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (reuse_port && !set(fd.number(), SOL_SOCKET, SO_REUSEPORT, 1)) {
    return system_error("cannot share the port among workers", errno);
  }
  if (storage.ss_family == AF_INET6) {
    set(fd.number(), IPPROTO_IPV6, IPV6_V6ONLY, endpoint.address.is_any() ? 0 : 1);
  }
  if (::bind(fd.number(), reinterpret_cast<sockaddr*>(&storage), length) != 0) {
    return system_error("cannot bind", errno);
  }
  return fd;
}

}  // namespace

Status probe_bind(const Endpoint& endpoint) {
  PM_TRY(Fd fd, bound_socket(endpoint, false));
  if (::listen(fd.number(), 1) != 0) return system_error("cannot listen", errno);
  return success();
}

Result<Fd> listen_tcp(const Endpoint& endpoint) {
  PM_TRY(Fd fd, bound_socket(endpoint, true));
  set_for_connections(fd.number());
  if (::listen(fd.number(), listen_backlog) != 0) return system_error("cannot listen", errno);
  return fd;
}

bool steer_connections(int fd, unsigned count) noexcept {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_RANDOM)),
      BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, count),
      BPF_STMT(BPF_RET | BPF_A, 0),
  };
  const sock_fprog filter{static_cast<unsigned short>(std::size(program)), program};
  return ::setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &filter, sizeof filter) == 0;
}

bool take_listener(int fd) noexcept {
  if (get(fd, SOL_SOCKET, SO_TYPE) != SOCK_STREAM || get(fd, SOL_SOCKET, SO_ACCEPTCONN) != 1)
    return false;
  if (!local_endpoint(fd)) return false;
  const int flags = ::fcntl(fd, F_GETFL);
  return flags >= 0 && ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 && set_for_connections(fd);
}

bool can_be_joined(int fd) noexcept {
  struct stat facts {};
  if (get(fd, SOL_SOCKET, SO_REUSEPORT) != 1 || ::fstat(fd, &facts) != 0) return false;
  const Result<Endpoint> bound = local_endpoint(fd);
  if (!bound || facts.st_uid != ::geteuid()) return false;
  if (bound->address.is_v4()) return get(fd, SOL_SOCKET, SO_DOMAIN) == AF_INET;
  return get(fd, IPPROTO_IPV6, IPV6_V6ONLY) == (bound->address.is_any() ? 0 : 1);
}

Result<Endpoint> local_endpoint(int fd) {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &length) != 0) {
    return system_error("cannot ask for a socket's address", errno);
  }
  const auto endpoint = Endpoint::from(reinterpret_cast<sockaddr*>(&storage));
  if (!endpoint) return Error{Errc::io, "", "a listener has no network address"};
  return *endpoint;
}

bool has_ipv6() noexcept {
  const Fd fd(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.is_open()) return false;
  sockaddr_in6 any{};
  any.sin6_family = AF_INET6;
  return ::bind(fd.number(), reinterpret_cast<sockaddr*>(&any), sizeof any) == 0;
}

Result<std::pair<Fd, Fd>> message_pair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0) {
    return system_error("cannot make a channel", errno);
  }
  return std::pair<Fd, Fd>(Fd(ends[0]), Fd(ends[1]));
}

Transfer send_message(int fd, std::string_view bytes, std::span<const int> fds) noexcept {
  iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(max_passed_fds * sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  if (fds.size() > max_passed_fds) return Transfer::broken;
  if (!fds.empty()) {
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(fds.size_bytes());
    cmsghdr* head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(fds.size_bytes());
    std::memcpy(CMSG_DATA(head), fds.data(), fds.size_bytes());
  }

  ssize_t count = 0;
  do {
    count = ::sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  } while (count < 0 && errno == EINTR);
  if (count == static_cast<ssize_t>(bytes.size())) return Transfer::done;
  return count < 0 && (errno == EAGAIN || errno == ENOBUFS) ? Transfer::again : Transfer::closed;
}

Received receive_message(int fd, std::span<char> buffer) noexcept {
  iovec piece{buffer.data(), buffer.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(max_passed_fds * sizeof(int))];
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;

  ssize_t count = 0;
  do {
    count = ::recvmsg(fd, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  } while (count < 0 && errno == EINTR);

  Received received;
  if (count < 0) {
    received.outcome = errno == EAGAIN ? Transfer::again : Transfer::closed;
    return received;
  }
  for (cmsghdr* head = CMSG_FIRSTHDR(&message); head != nullptr;
       head = CMSG_NXTHDR(&message, head)) {
    if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t passed = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < passed; ++i) {
      int number = -1;
      std::memcpy(&number, CMSG_DATA(head) + i * sizeof number, sizeof number);
      Fd owned(number);
      if (received.fd_count < max_passed_fds) received.fds[received.fd_count++] = std::move(owned);
    }
  }
  received.size = static_cast<std::size_t>(count);
  if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
    received.outcome = Transfer::broken;
  } else {
    received.outcome = count == 0 ? Transfer::closed : Transfer::done;
  }
  return received;
}

}  // namespace pm::os
