// SPDX-License-Identifier: MIT
// dns_server.h -- a name server of a few names on a loopback port, inside the loop of the test.
//
//   in      what to answer for each name (lower case); a name that is not there does not exist (NXDOMAIN)
//   out     RFC 1035 answers over UDP; `asked` counts the questions
#pragma once

#include "core/ip.h"
#include "net/readiness.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

class DnsServer {
 public:
  struct Host {
    std::vector<std::string> addresses{};  // of both families
    std::uint32_t ttl = 60;
    std::uint8_t code = 0;  // RCODE
    bool silent = false;    // no answer at all
    std::string raw{};  // sent in place of an answer, behind the two bytes of the identification
  };

  explicit DnsServer(uv_loop_s* loop)
      : fd_(bind_any()), ready_(loop, fd_, [this](pm::net::Ready) { answer(); }) {
    ready_.want({.readable = true});
  }
  ~DnsServer() { close(fd_); }

  std::string address() const {
    sockaddr_storage own{};
    socklen_t size = sizeof own;
    getsockname(fd_, reinterpret_cast<sockaddr*>(&own), &size);
    return pm::Endpoint::from(reinterpret_cast<sockaddr*>(&own))->to_string();
  }

  std::map<std::string, Host> hosts;
  unsigned asked = 0;

 private:
  static int bind_any() {
    const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bind(fd, reinterpret_cast<sockaddr*>(&any), sizeof any);
    return fd;
  }

  static std::string number(std::uint32_t value, int bytes) {
    std::string out;
    while (bytes-- > 0)
      out += static_cast<char>(value >> (8 * bytes));
    return out;
  }

  // The name of the question, which begins at byte 12; `end` is left behind its closing zero.
  static std::string name_of(const std::string& question, std::size_t& end) {
    std::string name;
    end = 12;
    while (end < question.size() && question[end] != 0) {
      const auto size = static_cast<unsigned char>(question[end]);
      if (!name.empty()) name += '.';
      name += question.substr(end + 1, size);
      end += 1u + size;
    }
    ++end;
    return name;
  }

  static std::string reply_to(const std::string& question, std::size_t end, const Host& host) {
    const bool wants_v4 = question[end + 1] == 1;
    std::string records;
    std::uint32_t count = 0;
    for (const std::string& text : host.addresses) {
      const pm::Address address = pm::Address::parse(text).value_or(pm::Address());
      if (address.is_v4() != wants_v4) continue;
      const auto& bytes = address.bytes();
      const std::size_t from = wants_v4 ? 12 : 0;
      records += "\xc0\x0c" + question.substr(end, 4) + number(host.ttl, 4);
      records += number(static_cast<std::uint32_t>(16 - from), 2);
      records.append(bytes.begin() + static_cast<std::ptrdiff_t>(from), bytes.end());
      ++count;
    }
    return question.substr(0, 2) + "\x81" + number(0x80u | host.code, 1) + number(1, 2) +
           number(count, 2) + number(0, 4) + question.substr(12, end + 4 - 12) + records;
  }

  void answer() {
    char bytes[1500];
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    auto* peer = reinterpret_cast<sockaddr*>(&from);
    const ssize_t got = recvfrom(fd_, bytes, sizeof bytes, 0, peer, &size);
    if (got < 17) return;
    ++asked;
    const std::string question(bytes, static_cast<std::size_t>(got));
    std::size_t end = 0;
    const auto host = hosts.find(name_of(question, end));
    const Host nobody{.code = 3};
    const Host& known = host == hosts.end() ? nobody : host->second;
    if (known.silent) return;
    const std::string reply =
        known.raw.empty() ? reply_to(question, end, known) : question.substr(0, 2) + known.raw;
    sendto(fd_, reply.data(), reply.size(), 0, peer, size);
  }

  int fd_;
  pm::net::Readiness ready_;
};
