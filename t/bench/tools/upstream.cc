// SPDX-License-Identifier: MIT
// upstream.cc -- the server behind the proxies that are measured: one thread, constant answers (answers.h), request bodies
// swallowed, WebSocket frames echoed.
//
//   upstream --http PORT [--tls PORT --cert FILE --key FILE] [--address 127.0.0.1]     until it is ended
#include "t/bench/tools/answers.h"
#include "t/bench/tools/message.h"
#include "t/bench/tools/stream.h"

#include <fmt/format.h>

#include <csignal>
#include <cstdlib>
#include <map>
#include <string>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

namespace pm::bench {
namespace {

constexpr std::size_t longest_head = 64 * 1024;
char room[256 * 1024];

class Connection {
 public:
  Connection(int epoll, int fd, Answers& answers)
      : stream(epoll, fd, this, false), answers_(answers) {}

  // False: the connection is over.
  bool on_event(unsigned events);

  Stream stream;

 private:
  bool read_all();
  bool process();
  bool begin_request();
  bool echo_frames();
  bool send(std::string_view bytes);
  bool flush();

  Answers& answers_;
  std::string in_;        // bytes not yet understood
  Body body_;             // of the request that is being read
  bool in_body_ = false;  // its head is read
  bool closes_ = false;
  bool is_websocket_ = false;
  std::string_view answer_;  // to the request that is being read
  std::string own_;          // what out_ shows of when it is no constant
  std::string_view out_;     // still to be sent
};

bool Connection::flush() {
  while (!out_.empty()) {
    const long sent = stream.write(out_);
    if (sent == Stream::ended) return false;
    if (sent == Stream::not_now) {
      stream.want_write(true);
      return true;
    }
    out_.remove_prefix(static_cast<std::size_t>(sent));
  }
  stream.want_write(false);
  return true;
}

bool Connection::send(std::string_view bytes) {
  out_ = bytes;
  return flush();
}

// The head of a request at the front of in_; false when it is none, true and in_body_ unset when it is not whole.
bool Connection::begin_request() {
  const std::size_t end = in_.find("\r\n\r\n");
  if (end == in_.npos) return in_.size() < longest_head;
  const std::string_view head = std::string_view(in_).substr(0, end);
  const std::size_t target = head.find(' ') + 1;
  answer_ = answers_.of(head.substr(target, head.find(' ', target) - target));
  closes_ = has_token(field(head, "connection"), "close");
  is_websocket_ = has_token(field(head, "upgrade"), "websocket");
  if (is_websocket_) answer_ = own_ = switching_protocols(field(head, "sec-websocket-key"));
  if (has_token(field(head, "transfer-encoding"), "chunked")) {
    body_.begin_chunks();
  } else {
    body_.begin_length(number(field(head, "content-length")));
  }
  in_.erase(0, end + 4);
  in_body_ = true;
  return true;
}

// Whole frames at the front of in_ go back unmasked, all that came in one write.
bool Connection::echo_frames() {
  std::string frames;
  std::size_t at = 0;
  while (in_.size() - at >= 2) {
    const auto byte = [&](std::size_t i) {
      return static_cast<unsigned char>(in_[at + i]);
    };
    const bool is_long = (byte(1) & 127) == 126;
    const std::size_t head = (is_long ? 4 : 2) + (byte(1) & 128 ? 4 : 0);
    if (in_.size() - at < head) break;
    const std::size_t size = is_long ? byte(2) << 8 | byte(3) : byte(1) & 127;
    if (size == 127 || (byte(0) & 15) == 8) return false;
    if (in_.size() - at < head + size) break;
    frames += in_[at];
    frames += static_cast<char>(byte(1) & 127);
    if (is_long) frames.append(in_, at + 2, 2);
    for (std::size_t i = 0; i < size; ++i) {
      frames += static_cast<char>(byte(head + i) ^ (byte(1) & 128 ? byte(head - 4 + i % 4) : 0));
    }
    at += head + size;
  }
  in_.erase(0, at);
  own_ = std::move(frames);
  return send(own_);
}

bool Connection::process() {
  while (out_.empty() && !in_.empty()) {
    if (is_websocket_ && !in_body_) return echo_frames();
    if (!in_body_ && !begin_request()) return false;
    if (!in_body_) return true;
    in_.erase(0, body_.take(in_));
    if (!body_.is_whole()) return true;
    in_body_ = false;
    if (!send(answer_) || (closes_ && out_.empty())) return false;
  }
  return true;
}

bool Connection::read_all() {
  for (;;) {
    const long got = stream.read(room, sizeof room);
    if (got == Stream::not_now) return true;
    if (got == Stream::ended) return false;
    in_.append(room, static_cast<std::size_t>(got));
    if (!process()) return false;
    if (!stream.tls() && got < static_cast<long>(sizeof room)) return true;
  }
}

bool Connection::on_event(unsigned events) {
  if (events & EPOLLOUT) {
    if (!flush() || (closes_ && out_.empty())) return false;
    if (!process()) return false;
  }
  return !(events & (EPOLLIN | EPOLLHUP | EPOLLERR)) || read_all();
}

int listen_on(const std::string& host, std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int yes = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);  // what it accepts inherits it
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = inet_addr(host.c_str());
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) || listen(fd, 4096)) {
    fmt::print(stderr, "upstream: cannot listen on port {}\n", port);
    std::exit(1);
  }
  return fd;
}

class Upstream {
 public:
  explicit Upstream(std::map<std::string, std::string>& options) : host_(options["--address"]) {
    if (options.contains("--http")) listen_at(plain_, options["--http"]);
    if (!options.contains("--tls")) return;
    context_ = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_mode(context_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    if (SSL_CTX_use_certificate_chain_file(context_, options["--cert"].c_str()) != 1 ||
        SSL_CTX_use_PrivateKey_file(context_, options["--key"].c_str(), SSL_FILETYPE_PEM) != 1) {
      fmt::print(stderr, "upstream: no certificate\n");
      std::exit(1);
    }
    listen_at(secure_, options["--tls"]);
  }

  [[noreturn]] void run() {
    epoll_event events[512];
    for (;;) {
      const int count = epoll_wait(epoll_, events, 512, -1);
      for (int i = 0; i < count; ++i)
        on_event(events[i]);
    }
  }

 private:
  void listen_at(int& fd, const std::string& port) {
    fd = listen_on(host_.empty() ? "127.0.0.1" : host_, static_cast<std::uint16_t>(number(port)));
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = &fd;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }

  void on_event(const epoll_event& event) {
    if (event.data.ptr == &plain_ || event.data.ptr == &secure_)
      return take(event.data.ptr == &secure_);
    auto* connection = static_cast<Connection*>(event.data.ptr);
    if (!connection->on_event(event.events)) delete connection;
  }

  void take(bool is_secure) {
    for (;;) {
      const int fd =
          accept4(is_secure ? secure_ : plain_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) return;
      auto* connection = new Connection(epoll_, fd, answers_);
      if (!is_secure) continue;
      SSL* ssl = SSL_new(context_);
      SSL_set_accept_state(ssl);
      connection->stream.secure(ssl);
    }
  }

  const int epoll_ = epoll_create1(EPOLL_CLOEXEC);
  const std::string host_;
  Answers answers_;
  SSL_CTX* context_ = nullptr;
  int plain_ = -1;
  int secure_ = -1;
};

}  // namespace
}  // namespace pm::bench

int main(int count, char** words) {
  std::signal(SIGPIPE, SIG_IGN);
  std::map<std::string, std::string> options;
  for (int i = 1; i + 1 < count; i += 2)
    options[words[i]] = words[i + 1];
  pm::bench::Upstream(options).run();
}
