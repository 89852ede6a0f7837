// SPDX-License-Identifier: MIT
// loader.h -- one load of the configuration: files to Config to Plan and Bundle, every finding on the way.
//
//   in      the command line and the module table
//   out     a Loaded: complete when `usable`. run_loader() is the whole life of the loader process: findings go to
//           standard error at a start, and the Bundles into the memfds, which of a refused load hold nothing else; its
//           value is the exit code
//   errors  all of them are findings; a finding of the static part, or any with --strict, makes the load unusable
//   source  architecture.md sections 1 and 2, decision 22
#pragma once

#include "config/findings.h"
#include "config/load.h"
#include "process/cli.h"
#include "runtime/bundle.h"
#include "runtime/modules.h"

#include <string>

namespace pm::process {

struct Loaded {
  bool usable = false;
  config::LoadResult result;
  config::Findings findings;
  runtime::BundleContent bundle;  // Plan and addresses; neither Config nor findings are encoded yet
};

// Who starts a load: what holds of files and of `user` depends on it, and a confined process cannot ask any more.
struct Caller {
  std::uint32_t uid = 0;
  bool is_root = false;
  static Caller current() noexcept;
};

enum class Occasion : std::uint8_t {
  start,
  reload,  // somebody asked for it
  change,  // a watched file has changed: the static part stays as it is (decision 11)
};
struct LoadOrder {
  Occasion occasion = Occasion::start;
  const runtime::Bundle* previous = nullptr;  // what is in force
};

Loaded load_configuration(const Command& command, const runtime::Modules& modules,
                          const Caller& caller, const LoadOrder& order = {});
std::string base_folder(const Command& command);  // where relative paths begin; absolute
// From now on this process may read files and nothing else. Without root there is little to give up.
Status confine_reader(const Caller& caller);

// Two, so that the process which talks to the world beside the traffic has no key in its memory (decision 24).
struct BundleFds {
  int workers = -1;
  int agent = -1;
};
int run_loader(const BundleFds& bundles, const Command& command, const runtime::Modules& modules,
               const LoadOrder& order);

}  // namespace pm::process
