// SPDX-License-Identifier: MIT
// server.h -- the data plane of one worker: listeners in, exchanges through, until it is told to drain.
//
//   in      a checked Config, the module table, listening sockets by entry point, the descriptors and zones of the worker
//   out     traffic; on_drained is called once when, after drain(), the last exchange has ended
//   own     everything of the data path; borrows the loop, the Log, the zones. Sockets of listeners become ours
//   errors  create() fails only when the kernel refuses an epoll; a broken object of the configuration was already found
//           by the loader and is disabled here in the same way
//   source  architecture.md sections 1 and 5
#pragma once

#include "config/dynamic_model.h"
#include "config/findings.h"
#include "core/log.h"
#include "core/result.h"
#include "net/pipes.h"
#include "runtime/bundle.h"
#include "runtime/modules.h"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct uv_loop_s;

namespace pm::net {
class Loop;
}
namespace pm::shm {
class Health;
class Names;
class TicketKeys;
class Zones;
}  // namespace pm::shm
namespace pm::observe {
class AccessLog;
}
namespace pm::os {
class UsageReader;
}

namespace pm::runtime {

struct ListeningSocket {
  std::uint32_t entry_point = 0;  // index into Static::entry_points
  int fd = -1;
};

struct ServerOptions {
  config::Config config;
  const Modules* modules = nullptr;
  std::vector<ListeningSocket> listeners;
  std::uint32_t worker = 0;
  Log* log = nullptr;
  const shm::Names* names = nullptr;  // addresses that the agent publishes; null in tests
  const shm::TicketKeys* ticket_keys = nullptr;  // of TLS; null: no session is resumed
  const shm::Health* health = nullptr;           // of servers; null: all of them count as up
  std::string agent_socket;                      // where the agent listens; "": nowhere
  shm::Zones* zones = nullptr;                   // what all workers count together; null in tests
  unsigned slot = 0;                             // under which this worker counts there
  observe::AccessLog* access_log = nullptr;      // null: off
  const os::UsageReader* usage = nullptr;  // null: of what the worker uses nothing is reported
  int spill = -1;                          // a file for bodies that are held; becomes ours
  net::Pipes pipes;                        // for tunnels; with none they are copied
  std::function<void()> on_drained;
};

class Server {
 public:
  static Result<std::unique_ptr<Server>> create(uv_loop_s* loop, ServerOptions options);
  virtual ~Server() = default;

  virtual Status start() = 0;              // begins to accept
  virtual net::Loop& loop() noexcept = 0;  // to be run by the caller
  // The dynamic part of another configuration whose static part is the same. Built beside the traffic, and in force when
  // done(true) comes; done(false): it cannot be read, or a later one came before it.
  virtual void replace(Bundle bundle, std::function<void(bool)> done) = 0;
  // Stops accepting (what the kernel has queued is taken first), answers what runs, closes what is silent, then calls
  // on_drained; at the latest when the limit is over. Called once more it can only hasten.
  struct Drain {
    std::uint64_t limit_ms = 0;   // 0: the grace time of the entry points
    std::uint64_t silent_ms = 0;  // how long a kept connection may say nothing; 0: a moment
  };
  virtual void drain(const Drain& how) = 0;
  virtual void set_terminating() = 0;  // ping answers its terminating status from now on
  virtual void stop() = 0;             // closes everything now
  virtual std::size_t connections() const noexcept = 0;
};

// Builds what a Server would build and throws it away: every finding of the building step (rules, references, URLs).
void check(const config::Config& config, const Modules& modules, config::Findings& findings);

// One line for `pointsman explain METHOD URL -H ...`: which router answers and why; "" with no match.
struct ExplainInput {
  std::string_view entry_point;  // "": the first that takes such requests
  std::string_view method;
  std::string_view url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string_view client;  // address, "" is 127.0.0.1
};
std::string explain(const config::Config& config, const Modules& modules,
                    const ExplainInput& input);

}  // namespace pm::runtime
