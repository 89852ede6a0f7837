// SPDX-License-Identifier: MIT
#include "t/lib/supervised.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <new>

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace pm::test {
namespace {

using Clock = std::chrono::steady_clock;

struct Desk {
  std::atomic<std::uint64_t> inputs = 0;  // this many have been begun
  std::size_t size = 0;
  char bytes[Supervised::most_bytes] = {};
};

void work(Desk& desk, const std::function<std::string()>& make,
          const std::function<void(const std::string&)>& run, Clock::time_point end) {
  while (Clock::now() < end) {
    std::string input = make();
    input.resize(std::min(input.size(), sizeof desk.bytes));
    desk.size = input.copy(desk.bytes, input.size());
    ++desk.inputs;
    run(input);
  }
}

std::string describe(int status) {
  if (WIFSIGNALED(status)) return "ended by signal " + std::to_string(WTERMSIG(status));
  return "exit status " + std::to_string(WEXITSTATUS(status));
}

// "": the child has come to its end in peace.
std::string wait_for(pid_t child, const Desk& desk) {
  std::uint64_t seen = 0;
  Clock::time_point since = Clock::now();
  int status = 0;
  while (waitpid(child, &status, WNOHANG) == 0) {
    if (desk.inputs != seen) seen = desk.inputs, since = Clock::now();
    if (Clock::now() - since > std::chrono::seconds(Supervised::most_seconds)) {
      kill(child, SIGKILL);
      waitpid(child, &status, 0);
      return "no end after " + std::to_string(Supervised::most_seconds) + " s";
    }
    usleep(20000);
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? "" : describe(status);
}

}  // namespace

Supervised supervise(const std::function<std::string()>& make,
                     const std::function<void(const std::string&)>& run,
                     std::chrono::seconds time) {
  void* shared =
      mmap(nullptr, sizeof(Desk), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return {0, {}, "no memory"};
  Desk& desk = *new (shared) Desk;
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child < 0) return {0, {}, "no process"};
  if (child == 0) {
    work(desk, make, run, Clock::now() + time);
    // Leaks are looked for here: they are nobody's, the last input only stands for them.
    std::exit(0);
  }
  Supervised done;
  done.fault = wait_for(child, desk);
  done.inputs = desk.inputs;
  done.failing.assign(desk.bytes, desk.size);
  munmap(shared, sizeof(Desk));
  return done;
}

}  // namespace pm::test
