// SPDX-License-Identifier: MIT
// usage.h -- what -h, -v and -V print.
//
//   in      what is known of the build: handed in, since library versions are known to other rooms only
//   out     text for standard output, with its last "\n"
//   source  operations.md section 1
#pragma once

#include "runtime/modules.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pm::process {

struct BuildInfo {
  std::string version;                                         // "0.1.0"
  std::string compiler;                                        // "g++ 12.2.0"
  std::string configure_arguments;                             // as typed
  std::vector<std::pair<std::string, std::string>> libraries;  // name, version at run time
};

std::string help_text();
std::string version_text(std::string_view version);  // "pointsman version: pointsman/0.1.0\n"
std::string build_text(const BuildInfo& info, const runtime::Modules& modules);

}  // namespace pm::process
