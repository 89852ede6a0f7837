// SPDX-License-Identifier: MIT
#include "os/signal.h"

#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

namespace pm::os {
namespace {

// A peer that has gone, a file that may not grow: errors of one write, and no end of a process.
void ignore_failing_writes() noexcept {
  ignore_signal(SIGPIPE);
  ignore_signal(SIGXFSZ);
}

}  // namespace

Result<SignalFd> SignalFd::block(std::initializer_list<int> signals) {
  sigset_t set;
  ::sigemptyset(&set);
  for (int signal : signals)
    ::sigaddset(&set, signal);
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  ignore_failing_writes();
  const int fd = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  if (fd < 0) return system_error("cannot read signals", errno);
  return SignalFd(Fd(fd));
}

std::optional<Signal> SignalFd::next() const noexcept {
  signalfd_siginfo info{};
  if (::read(fd_.number(), &info, sizeof info) != sizeof info) return std::nullopt;
  return Signal{static_cast<int>(info.ssi_signo), info.ssi_code == SI_QUEUE ? info.ssi_int : 0};
}

void ignore_signal(int signal) noexcept {
  ::signal(signal, SIG_IGN);
}

bool ends_a_start(int signal) noexcept {
  return signal == SIGTERM || signal == SIGINT || signal == SIGQUIT;
}

void restore_signals() noexcept {
  for (int signal = 1; signal < NSIG; ++signal) {
    if (signal != SIGKILL && signal != SIGSTOP) ::signal(signal, SIG_DFL);
  }
  ignore_failing_writes();
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

std::string signal_name(int signal) {
  const char* name = ::sigabbrev_np(signal);
  return name != nullptr ? fmt::format("SIG{}", name) : fmt::format("signal {}", signal);
}

std::string describe_exit(int wait_status) {
  if (WIFEXITED(wait_status)) return fmt::format("exited with code {}", WEXITSTATUS(wait_status));
  if (!WIFSIGNALED(wait_status)) return "ended";
  const char* note = WCOREDUMP(wait_status) ? " (core dumped)" : "";
  if (WTERMSIG(wait_status) == SIGSYS)
    note = " (it asked for a system call that the sandbox forbids)";
  return fmt::format("was killed by {}{}", signal_name(WTERMSIG(wait_status)), note);
}

}  // namespace pm::os
