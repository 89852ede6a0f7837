// SPDX-License-Identifier: MIT
// A client, both our ends of HTTP/2 and servers, in a world whose every decision is a byte of the input.
#include "t/lib/h2_play.h"

#include <cstdio>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pm::test;
  const std::string failure = H2Play(Choices(std::span(data, size))).run();
  if (failure.empty()) return 0;
  std::fprintf(stderr, "%s\n", failure.c_str());
  std::abort();
}
