// SPDX-License-Identifier: MIT
#include "process/daemon.h"

#include "os/signal.h"
#include "process/cli.h"

#include <cerrno>
#include <cstdlib>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace pm::process {
namespace {

void lead_to(int target, const char* path, int flags) {
  const os::Fd file(::open(path, flags | O_CLOEXEC));
  if (file.is_open()) ::dup2(file.number(), target);
}

[[noreturn]] void wait_for_report(int pipe) {
  // An interrupt ends the waiting, not the daemon: that has left the terminal.
  os::restore_signals();
  unsigned char code = exit_internal;
  ssize_t count = 0;
  do {
    count = ::read(pipe, &code, 1);
  } while (count < 0 && errno == EINTR);
  // A child that ends without a word leaves the byte as it is.
  ::_exit(code);
}

}  // namespace

Result<StartReport> StartReport::detach() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return os::system_error("cannot make a pipe", errno);
  os::Fd reading(ends[0]);
  os::Fd writing(ends[1]);
  const pid_t pid = ::fork();
  if (pid < 0) return os::system_error("cannot fork", errno);
  if (pid > 0) {
    writing.reset();
    wait_for_report(reading.number());
  }
  if (::setsid() < 0) return os::system_error("cannot leave the session", errno);
  ::umask(022);
  lead_to(STDIN_FILENO, "/dev/null", O_RDONLY);
  StartReport report;
  report.pipe_ = std::move(writing);
  report.is_daemon_ = true;
  return report;
}

void StartReport::started(int error_log) noexcept {
  if (!is_daemon_) return;
  lead_to(STDOUT_FILENO, "/dev/null", O_WRONLY);
  ::dup2(error_log, STDERR_FILENO);
  send(exit_success);
}

void StartReport::failed(int exit_code) noexcept {
  send(exit_code);
}

void StartReport::send(int exit_code) noexcept {
  if (!pipe_.is_open()) return;
  const unsigned char code = static_cast<unsigned char>(exit_code);
  // The parent may have been interrupted and gone; the daemon does not depend on it.
  [[maybe_unused]] const ssize_t ignored = ::write(pipe_.number(), &code, 1);
  pipe_.reset();
}

}  // namespace pm::process
