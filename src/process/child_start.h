// SPDX-License-Identifier: MIT
// child_start.h -- what a worker and the agent do first: let go of everything that is the master's.
//
//   in      what the master lends at fork; the Bundle is a mapping and needs no descriptor
//   out     a process with its own descriptors, user, title, environment (TZ alone is kept) and a filter of system calls:
//           whatever it opens or reads for itself, it has before enter_child() or not at all
//   errors  a privilege that cannot be given up, a filter that is not taken: the child ends with exit code 6
//   source  operations.md section 4, security.md section 7
#pragma once

#include "core/log.h"
#include "os/sandbox.h"
#include "os/title.h"
#include "os/usage.h"
#include "process/channel.h"
#include "runtime/bundle.h"
#include "runtime/modules.h"
#include "runtime/server.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace pm::shm {
class Zones;
}  // namespace pm::shm

namespace pm::process {

struct LogSettings {
  Level level = Level::error;
  LogFormat format = LogFormat::common;
  bool color = false;
};
void apply(const LogSettings& settings, std::string role, Log& log);

struct ChildInput {
  ChildInput(runtime::Bundle configuration, Channel to_master)
      : bundle(std::move(configuration)), channel(std::move(to_master)) {}

  runtime::Bundle bundle;
  Channel channel;  // to the master
  const runtime::Modules* modules = nullptr;
  os::ProcessTitle* title = nullptr;
  shm::Zones* zones = nullptr;
  unsigned zone_slot = 0;  // of a worker: under which it counts there
  LogSettings log;
  int error_log = -1;
  int access_log = -1;       // -1: off
  int spill = -1;            // of a worker: a file for bodies that are held; -1: there can be none
  net::Pipes pipes;          // likewise: for tunnels; maybe none
  bool is_daemon = false;    // standard error is the error log
  int agent_listener = -1;   // of the agent; -1: nobody asks it anything
  std::string agent_socket;  // where that is found; "": nowhere
  unsigned slot = 0;
  std::vector<runtime::ListeningSocket> listeners;
  std::optional<os::UsageReader>
      usage;  // made by enter_child(): with metrics, a child reports what it uses
};

// Right after fork. `title` follows "pointsman: ".
void enter_child(ChildInput& input, const std::string& title, os::SandboxKind kind);

}  // namespace pm::process
