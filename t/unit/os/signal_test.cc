// SPDX-License-Identifier: MIT
#include "os/signal.h"

#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

#include <csignal>

#include <sys/wait.h>
#include <unistd.h>

using namespace pm;

namespace {

int status_of(int code, int signal) {
  const pid_t child = ::fork();
  if (child == 0 && signal != 0) ::raise(signal);
  if (child == 0) ::_exit(code);
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

}  // namespace

TEST_GROUP(signal){void teardown() override{os::restore_signals();
}
}
;

TEST(signal, a_blocked_signal_becomes_something_to_read) {
  auto signals = os::SignalFd::block({SIGUSR1});
  CHECK_FALSE(signals->next().has_value());

  ::raise(SIGUSR1);

  LONGS_EQUAL(SIGUSR1, signals->next()->number);
  CHECK_FALSE(signals->next().has_value());
}

TEST(signal, a_signal_has_the_name_that_people_use) {
  CHECK_EQUAL(std::string("SIGTERM"), os::signal_name(SIGTERM));
  CHECK_EQUAL(std::string("signal 99"), os::signal_name(99));
}

TEST(signal, the_end_of_a_process_is_described) {
  CHECK_EQUAL(std::string("exited with code 3"), os::describe_exit(status_of(3, 0)));
  CHECK_EQUAL(std::string("was killed by SIGKILL"), os::describe_exit(status_of(0, SIGKILL)));
}
