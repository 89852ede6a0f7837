// SPDX-License-Identifier: MIT
// main.cc -- runs the unit tests; the arguments are CppUTest's (-g GROUP, -n NAME, -v, -ojunit).
#include "core/regex.h"

#include <CppUTest/CommandLineTestRunner.h>

#include <csignal>

int main(int count, char** arguments) {
  std::signal(SIGPIPE, SIG_IGN);  // as in the daemon: a splice has no flag against it
  // RE2 keeps values of the whole process, made by the first expression and by the first broken one. The test that came
  // first would be blamed for them as leaks.
  (void)pm::Regex::compile("a");
  (void)pm::Regex::compile("(");
  return CommandLineTestRunner::RunAllTests(count, arguments);
}
