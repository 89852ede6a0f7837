// SPDX-License-Identifier: MIT
// main.cc -- runs the unit tests; the arguments are CppUTest's (-g GROUP, -n NAME, -v, -ojunit).
#include <CppUTest/CommandLineTestRunner.h>

int main(int count, char** arguments) {
  return CommandLineTestRunner::RunAllTests(count, arguments);
}
