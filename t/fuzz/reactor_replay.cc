// SPDX-License-Identifier: MIT
// The I/O core in a world whose every decision is a byte of the input: short reads and writes, windows, the order of events,
// time, faults. The first byte is the weather.
#include "t/lib/replay.h"

#include <cstdio>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pm::test;
  if (size == 0) return 0;
  const Weather weather = data[0] % 2 == 0 ? Weather::clear : Weather::rough;
  const std::string failure = World(Choices(std::span(data + 1, size - 1)), weather).run();
  if (failure.empty()) return 0;
  std::fprintf(stderr, "%s\n", failure.c_str());
  std::abort();
}
