// SPDX-License-Identifier: MIT
#include "net/kernel.h"

#include "net/pipes.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

namespace pm::net {
namespace {

long result_of(long value) noexcept {
  return value >= 0 ? value : -errno;
}

void set_option(int fd, int level, int name, int value) noexcept {
  ::setsockopt(fd, level, name, &value,
               sizeof value);  // comfort only: a refusal costs nothing but speed
}

}  // namespace

EpollKernel::EpollKernel() noexcept : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {}

EpollKernel::~EpollKernel() {
  if (epoll_ >= 0) ::close(epoll_);
}

int EpollKernel::add(int fd, Watch* watch, std::uint32_t bits) noexcept {
  epoll_event event{};
  event.events = bits;
  event.data.ptr = watch;
  return static_cast<int>(result_of(::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event)));
}

int EpollKernel::watch(int fd, Watch* watch) noexcept {
  return add(fd, watch, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
}

int EpollKernel::watch_level(int fd, Watch* watch) noexcept {
  return add(fd, watch, EPOLLIN);
}

void EpollKernel::unwatch(int fd) noexcept {
  ::epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
}

int EpollKernel::wait(std::span<Event> events, int timeout_ms) noexcept {
  std::array<epoll_event, 512> raw;
  const int room = static_cast<int>(std::min(raw.size(), events.size()));
  const int count = ::epoll_wait(epoll_, raw.data(), room, timeout_ms);
  for (int i = 0; i < count; ++i) {
    const std::uint32_t bits = raw[i].events;
    events[i] = Event{
        .watch = static_cast<Watch*>(raw[i].data.ptr),
        .readable = (bits & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0,
        .writable = (bits & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0,
        .hangup = (bits & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0,
        // HUP alone is what two FINs make, theirs and ours; bytes that came before theirs may still be unread.
        .broken = (bits & EPOLLERR) != 0,
    };
  }
  return std::max(count, 0);
}

long EpollKernel::receive(int fd, char* to, std::size_t room) noexcept {
  return result_of(::recv(fd, to, room, 0));
}

long EpollKernel::peek(int fd, char* to, std::size_t room) noexcept {
  return result_of(::recv(fd, to, room, MSG_PEEK));
}

long EpollKernel::send(int fd, const iovec* pieces, int count) noexcept {
  if (count == 1) return result_of(::send(fd, pieces->iov_base, pieces->iov_len, MSG_NOSIGNAL));
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(pieces);
  message.msg_iovlen = static_cast<std::size_t>(count);
  return result_of(::sendmsg(fd, &message, MSG_NOSIGNAL));
}

long EpollKernel::splice_in(int fd, const Pipe& pipe, std::size_t most) noexcept {
  return result_of(::splice(fd, nullptr, pipe.writing.number(), nullptr, std::min(pipe.size, most),
                            SPLICE_F_NONBLOCK));
}

long EpollKernel::splice_out(const Pipe& pipe, int fd, std::size_t size) noexcept {
  return result_of(::splice(pipe.reading.number(), nullptr, fd, nullptr, size, SPLICE_F_NONBLOCK));
}

void EpollKernel::empty_pipe(const Pipe& pipe, std::size_t size) noexcept {
  std::array<char, 16384> nowhere;
  while (size > 0) {
    const long count =
        ::read(pipe.reading.number(), nowhere.data(), std::min(size, nowhere.size()));
    if (count <= 0) return;
    size -= static_cast<std::size_t>(count);
  }
}

int EpollKernel::accept(int fd, Endpoint& peer) noexcept {
  sockaddr_storage address;
  socklen_t size = sizeof address;
  const int client =
      ::accept4(fd, reinterpret_cast<sockaddr*>(&address), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (client < 0) return -errno;
  peer = Endpoint::from(reinterpret_cast<const sockaddr*>(&address)).value_or(Endpoint{});
  return client;
}

int EpollKernel::connect(const Endpoint& to) noexcept {
  sockaddr_storage address;
  const socklen_t size = to.to_sockaddr(&address);
  const int fd = ::socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, 30);  // http-services.md section 6: keep-alive of 30 s
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), size) != 0 &&
      errno != EINPROGRESS) {
    const int error = errno;
    ::close(fd);
    return -error;
  }
  return fd;
}

// Such a socket is connected at once or not at all: a queue that is full says EAGAIN.
int EpollKernel::connect_local(std::string_view path) noexcept {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return -ENAMETOOLONG;
  path.copy(address.sun_path, path.size());
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
  const int error = errno;
  ::close(fd);
  return -error;
}

int EpollKernel::connect_error(int fd) noexcept {
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return -errno;
  return -error;
}

void EpollKernel::shutdown_write(int fd) noexcept {
  ::shutdown(fd, SHUT_WR);
}

void EpollKernel::close(int fd) noexcept {
  ::close(fd);
}

void EpollKernel::reset(int fd) noexcept {
  const linger now{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  ::close(fd);
}

std::uint64_t EpollKernel::now_ns() noexcept {
  timespec t;
  ::clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<std::uint64_t>(t.tv_sec) * 1000000000u + static_cast<std::uint64_t>(t.tv_nsec);
}

}  // namespace pm::net
