// SPDX-License-Identifier: MIT
// dns_client.h -- one question to the name servers: which addresses has this host?
//
//   in      a host name. Files first (/etc/hosts), then the servers and search domains of /etc/resolv.conf
//   out     at most 16 addresses, IPv6 and IPv4 in turn, each family in ascending order (the same answer in another order
//           is the same answer), and how long they may be kept as the server says
//   own     the c-ares channel, its sockets and its timer
//   errors  an outcome. Whatever a server sends, only addresses are taken, a bounded number of them
//   cost    no blocking but for reading small local files; `then` may be called before look_up() returns
//   source  RFC 1035, RFC 6724 is left to who dials; decisions 52 and 53
#pragma once

#include "core/ip.h"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct uv_loop_s;

namespace pm::agent {

std::string_view dns_version() noexcept;  // of the library that is loaded

enum class LookupOutcome : std::uint8_t { found, not_found, timed_out, failed };

struct Answer {
  LookupOutcome outcome = LookupOutcome::failed;
  std::vector<Address> addresses;
  std::chrono::seconds ttl{0};
  std::string why;  // for the log, when nothing was found
};

struct DnsOptions {
  std::string servers;  // "127.0.0.1:5353,[::1]:53"; empty: those of the system
  std::chrono::milliseconds timeout{
      2000};  // of the first attempt at each server; doubled with each round
  int tries = 2;
};

class DnsClient {
 public:
  DnsClient(uv_loop_s* loop, DnsOptions options);
  ~DnsClient();  // questions under way are dropped without an answer

  void look_up(const std::string& name, std::function<void(Answer)> then);

 private:
  struct Channel;
  std::unique_ptr<Channel> channel_;
};

// Puts the addresses of an answer into the order of `Answer`, without doubles, at most 16.
std::vector<Address> arrange(std::vector<Address> addresses);

}  // namespace pm::agent
