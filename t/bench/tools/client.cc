// SPDX-License-Identifier: MIT
#include "t/bench/tools/client.h"

#include "t/bench/tools/load_loop.h"
#include "t/bench/tools/requests.h"

#include <fmt/format.h>
#include <openssl/err.h>

#include <cstdlib>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace pm::bench {
namespace {

constexpr int wanted_status = 200;
constexpr int source_addresses = 100;
char room[256 * 1024];

sockaddr_in loopback(std::uint32_t host, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + host);
  return address;
}

void bind_to_next_source(int fd) {
  static std::uint32_t turn = 0;
  const int yes = 1;
  setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
  const sockaddr_in source = loopback(1 + turn++ % source_addresses, 0);
  bind(fd, reinterpret_cast<const sockaddr*>(&source), sizeof source);
}

}  // namespace

void Client::dial() {
  stream_.reset();
  head_.clear();
  unsent_ = {};
  in_body_ = server_closes_ = is_upgraded_ = false;
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    fmt::print(stderr, "load: no socket\n");
    std::exit(1);
  }
  const int yes = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  if (load_.options().spread) bind_to_next_source(fd);
  state_ = State::connecting;
  const sockaddr_in server = loopback(0, load_.options().port);
  connect(fd, reinterpret_cast<const sockaddr*>(&server), sizeof server);
  stream_ = std::make_unique<Stream>(load_.epoll(), fd, this, true);
}

bool Client::advance() {
  for (;;) {
    const Step next = step();
    if (next != Step::again) return next == Step::wait;
  }
}

Client::Step Client::step() {
  switch (state_) {
    case State::connecting: return on_connected();
    case State::handshake: return shake_hands();
    case State::resting: return rest();
    case State::sending: return send();
    case State::reading: return read();
  }
  return Step::broken;
}

Client::Step Client::on_connected() {
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(stream_->fd(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error) return Step::broken;
  if (!load_.options().tls) return begin_next();
  secure();
  state_ = State::handshake;
  return Step::again;
}

void Client::secure() {
  SSL* ssl = SSL_new(load_.context());
  SSL_set_tlsext_host_name(ssl, load_.options().host.c_str());
  SSL_set_app_data(ssl, this);
  if (session_) SSL_set_session(ssl, session_);
  stream_->secure(ssl);
}

Client::Step Client::shake_hands() {
  ERR_clear_error();
  const int result = SSL_connect(stream_->tls());
  if (result == 1) {
    load_.on_handshake(SSL_session_reused(stream_->tls()));
    return begin_next();
  }
  const int why = SSL_get_error(stream_->tls(), result);
  stream_->want_write(why == SSL_ERROR_WANT_WRITE);
  return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? Step::wait : Step::broken;
}

void Client::keep(SSL_SESSION* session) {
  if (session_) SSL_SESSION_free(session_);
  session_ = session;
}

Client::Step Client::rest() {
  stream_->want_write(false);
  return stream_->read(room, sizeof room) == Stream::ended ? Step::broken : Step::wait;
}

Client::Step Client::begin_next() {
  if (const auto due = load_.next_due()) {
    begin(*due);
    return Step::again;
  }
  load_.on_rest(*this);
  return settle();
}

Client::Step Client::settle() {
  state_ = State::resting;
  stream_->want_write(false);
  return Step::wait;
}

void Client::begin(Clock::time_point due) {
  due_ = due;
  unsent_ = is_upgraded_ ? load_.message() : load_.request();
  echoed_ = 0;
  state_ = State::sending;
}

bool Client::ask(Clock::time_point due) {
  begin(due);
  return advance();
}

Client::Step Client::send() {
  while (!unsent_.empty()) {
    const long sent = stream_->write(unsent_);
    if (sent == Stream::ended) return Step::broken;
    if (sent == Stream::not_now) {
      stream_->want_write(true);
      return Step::wait;
    }
    unsent_.remove_prefix(static_cast<std::size_t>(sent));
  }
  stream_->want_write(false);
  state_ = State::reading;
  return Step::wait;
}

Client::Step Client::read() {
  const long got = stream_->read(room, sizeof room);
  if (got == Stream::not_now) return Step::wait;
  if (got == Stream::ended) {
    if (!in_body_ || !body_.lasts_to_end()) return Step::broken;
    server_closes_ = true;
    return finish(is_good_);
  }
  load_.on_bytes(static_cast<std::size_t>(got));
  const Step next = take({room, static_cast<std::size_t>(got)});
  const bool is_empty = !stream_->tls() && got < static_cast<long>(sizeof room);
  return next == Step::again && is_empty && state_ == State::reading ? Step::wait : next;
}

Client::Step Client::take(std::string_view bytes) {
  if (is_upgraded_) return take_echo(bytes.size());
  if (!in_body_) return take_head(bytes);
  body_.take(bytes);
  return body_.is_whole() ? finish(is_good_) : Step::again;
}

Client::Step Client::take_head(std::string_view bytes) {
  head_ += bytes;
  const std::size_t end = head_.find("\r\n\r\n");
  if (end == head_.npos) return Step::again;
  const std::string_view head = std::string_view(head_).substr(0, end);
  const std::uint64_t status = number(head.substr(std::min<std::size_t>(head.size(), 9)));
  if (status == 101) {
    head_.clear();
    is_upgraded_ = true;
    load_.on_upgraded();
    return begin_next();
  }
  is_good_ = status == wanted_status && load_.options().mode != Options::Mode::websocket;
  server_closes_ = has_token(field(head, "connection"), "close");
  if (has_token(field(head, "transfer-encoding"), "chunked")) {
    body_.begin_chunks();
  } else if (const std::string_view length = field(head, "content-length"); !length.empty()) {
    body_.begin_length(number(length));
  } else {
    body_.begin_to_end();
  }
  in_body_ = true;
  body_.take(std::string_view(head_).substr(end + 4));
  head_.clear();
  return body_.is_whole() ? finish(is_good_) : Step::again;
}

Client::Step Client::take_echo(std::size_t bytes) {
  echoed_ += bytes;
  return echoed_ < size_of_echo(load_.options().message) ? Step::again : finish(true);
}

Client::Step Client::finish(bool is_good) {
  in_body_ = false;
  load_.on_answer(is_good, due_);
  if (load_.is_over() || load_.options().mode == Options::Mode::idle) return settle();
  if (load_.options().close == Options::Close::never && !server_closes_) return begin_next();
  dial();
  return Step::wait;
}

}  // namespace pm::bench
