// SPDX-License-Identifier: MIT
// stream.h -- a non-blocking socket, plain or TLS, in an epoll: what upstream and load read and write with.
//
//   in      a connected, accepted or connecting socket, and the object that epoll is to name
//   errors  a connection that is broken reads and writes as one that has ended
#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <string_view>

namespace pm::bench {

class Stream {
 public:
  static constexpr long ended = 0;
  static constexpr long not_now = -1;

  Stream(int epoll, int fd, void* owner, bool wants_write);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  void secure(SSL* ssl);  // owned from here on
  SSL* tls() const { return ssl_; }
  int fd() const { return fd_; }

  // Bytes, or `ended`, or `not_now`. A plain read that did not fill the room has emptied the socket.
  long read(char* room, std::size_t size);
  long write(std::string_view bytes);
  void want_write(bool wanted);

 private:
  long outcome(int result) const;

  const int epoll_;
  const int fd_;
  void* const owner_;
  bool wants_write_;
  SSL* ssl_ = nullptr;
};

}  // namespace pm::bench
