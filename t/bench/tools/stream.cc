// SPDX-License-Identifier: MIT
#include "t/bench/tools/stream.h"

#include <openssl/err.h>

#include <cerrno>

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace pm::bench {
namespace {

void watch(int epoll, int how, int fd, void* owner, bool wants_write) {
  epoll_event event{};
  event.events = EPOLLIN | (wants_write ? EPOLLOUT : EPOLL_EVENTS{});
  event.data.ptr = owner;
  epoll_ctl(epoll, how, fd, &event);
}

}  // namespace

Stream::Stream(int epoll, int fd, void* owner, bool wants_write)
    : epoll_(epoll), fd_(fd), owner_(owner), wants_write_(wants_write) {
  watch(epoll_, EPOLL_CTL_ADD, fd_, owner_, wants_write_);
}

Stream::~Stream() {
  if (ssl_) {
    // A session whose connection ends without close_notify could not be resumed; none is sent.
    SSL_set_shutdown(ssl_, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(ssl_);
  }
  close(fd_);
}

void Stream::secure(SSL* ssl) {
  ssl_ = ssl;
  SSL_set_fd(ssl_, fd_);
}

long Stream::outcome(int result) const {
  if (result > 0) return result;
  const int why = SSL_get_error(ssl_, result);
  return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? not_now : ended;
}

long Stream::read(char* room, std::size_t size) {
  if (ssl_) {
    ERR_clear_error();
    return outcome(SSL_read(ssl_, room, static_cast<int>(size)));
  }
  const ssize_t got = recv(fd_, room, size, 0);
  if (got >= 0) return got;
  return errno == EAGAIN ? not_now : ended;
}

long Stream::write(std::string_view bytes) {
  if (ssl_) {
    ERR_clear_error();
    return outcome(SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())));
  }
  const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent >= 0) return sent;
  return errno == EAGAIN ? not_now : ended;
}

void Stream::want_write(bool wanted) {
  if (wants_write_ == wanted) return;
  wants_write_ = wanted;
  watch(epoll_, EPOLL_CTL_MOD, fd_, owner_, wanted);
}

}  // namespace pm::bench
