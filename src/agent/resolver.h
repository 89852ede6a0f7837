// SPDX-License-Identifier: MIT
// resolver.h -- keeps the addresses of the configuration's host names fresh in shared memory.
//
//   in      set_names(): the hosts of all server URLs, again with every reload; addresses among them are left out
//   out     shm::Names, for every worker to read
//   own     questions under way, timers and sockets; borrows loop, table and log, which outlive it
//   cost    at most `parallel` questions at a time; nothing when no name is due
//   errors  a name without an answer is logged when that begins and when it ends, not each time
//   source  decisions 29, 52 and 53
#pragma once

#include "agent/dns_client.h"
#include "agent/name_book.h"
#include "core/log.h"

#include <memory>
#include <string>
#include <vector>

struct uv_loop_s;

namespace pm::agent {

struct ResolverOptions {
  DnsOptions dns;
  NameLimits limits;
  unsigned parallel = 64;
};

class Resolver {
 public:
  Resolver(uv_loop_s* loop, shm::Names& names, Log& log, ResolverOptions options = {});
  ~Resolver();

  void set_names(const std::vector<std::string>& names);
  void set_stale_for(std::chrono::seconds time) noexcept;
  void
  stop() noexcept;  // no questions and no writing from here on; libuv closes its handles in the next turn

 private:
  struct Work;
  std::unique_ptr<Work> work_;  // null after stop()
};

}  // namespace pm::agent
