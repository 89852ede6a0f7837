// SPDX-License-Identifier: MIT
// probe_runner.h -- asks servers whether they are well, each on its own schedule, and writes down what it heard.
//
//   in      the probes of a configuration, again at each reload: those that ask the same go on as if nothing had been
//   out     states in shm::Health; a line in the log when a server changes
//   own     its checks and their exchanges; borrows loop, pools, table and log, which outlive it
//   cost    at most `parallel` checks at a time; a server that does not answer holds up nobody but itself
//   errors  whatever goes wrong with a check means that the server is down, and is the reason in the log
//   source  http-services.md section 5.1, decision 5
#pragma once

#include "core/arena.h"
#include "core/log.h"
#include "net/loop.h"
#include "shm/health.h"
#include "upstream/probe.h"

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pm::agent {

class ProbeRunner {
 public:
  struct Options {
    net::Loop* loop = nullptr;
    shm::Health* health = nullptr;
    upstream::PoolBook* pools = nullptr;
    Log* log = nullptr;
    unsigned parallel = 256;
  };
  explicit ProbeRunner(const Options& options);
  ~ProbeRunner();
  ProbeRunner(const ProbeRunner&) = delete;
  ProbeRunner& operator=(const ProbeRunner&) = delete;

  void set_probes(std::vector<upstream::Probe> probes);
  // Each server that is checked, with what is known of it.
  using Visit = std::function<void(const upstream::Probe&, shm::ServerState)>;
  void for_each(const Visit& visit) const;

 private:
  class Watched;
  struct Verdict;
  void begin(Watched& watched);
  void on_verdict(Watched& watched, const Verdict& verdict);
  void say(const Watched& watched, const Verdict& verdict, shm::ServerState before);

  Options options_;
  std::shared_ptr<BlockPool> blocks_ = std::make_shared<BlockPool>(4096, 64);
  std::vector<std::unique_ptr<Watched>> watched_;  // in order of service and server
  std::deque<Watched*> waiting_;                   // due, with all places taken
  unsigned running_ = 0;
  bool is_full_ = false;  // the table of states took one not; said once
};

}  // namespace pm::agent
