// SPDX-License-Identifier: MIT
// daemon.h -- leaving the terminal, and telling whoever waits there how the start went.
//
//   shape   detach() forks. The parent stays until the child reports, then exits with the reported code; the child has
//           a session of its own and its standard input closed, and keeps standard error until started()
//   own     the write end of a pipe; a child that dies without a report counts as an internal error
//   source  operations.md section 3, "Daemon"
#pragma once

#include "core/result.h"
#include "os/fd.h"

namespace pm::process {

class StartReport {
 public:
  StartReport() = default;  // foreground: nobody waits
  static Result<StartReport> detach();
  // Of a program that a daemon has started: there is nobody to leave and nobody who waits.
  static StartReport of_daemon() {
    StartReport report;
    report.is_daemon_ = true;
    return report;
  }
  bool is_daemon() const noexcept { return is_daemon_; }
  int pipe() const noexcept { return pipe_.number(); }

  // Exit code 0 goes to the parent; standard output is /dev/null from now on, standard error is the error log.
  void started(int error_log) noexcept;
  void failed(int exit_code) noexcept;

 private:
  void send(int exit_code) noexcept;

  os::Fd pipe_;
  bool is_daemon_ = false;
};

}  // namespace pm::process
