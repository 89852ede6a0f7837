// SPDX-License-Identifier: MIT
// log_files.h -- the log files, opened by the master and passed to its children as descriptors.
//
//   in      the Plan's paths; for a daemon without a path the compiled-in one, else standard output
//   own     the descriptors; reopen() changes all of them or none
//   errors  a file that cannot be opened, or a symbolic link that somebody else than root or we own
//   source  decision 36, security.md section 8
#pragma once

#include "core/result.h"
#include "os/fd.h"
#include "runtime/plan.h"

#include <string>

namespace pm::process {

class LogFiles {
 public:
  struct Names {
    std::string error;   // "": standard output
    std::string access;  // "": standard output
    bool has_access = false;
  };
  enum class Mode : std::uint8_t { foreground, daemon };
  // `given`: what -e said; "" or "stderr" or a path.
  static Names names(const runtime::Plan& plan, const std::string& given, Mode mode);

  Status open(Names names);
  Status reopen() { return open(names_); }

  int error() const noexcept { return error_.number(); }
  int access() const noexcept { return access_.number(); }  // -1: off
  const Names& names() const noexcept { return names_; }

 private:
  Names names_;
  os::Fd error_;
  os::Fd access_;
};

}  // namespace pm::process
