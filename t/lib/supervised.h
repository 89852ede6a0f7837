// SPDX-License-Identifier: MIT
// supervised.h -- a function over one input after the other in a child process, so that the input that ends it is known.
//
//   in      make(): the next input, at most `most_bytes`; run(): what is tried with it; for how long
//   out     how many were run; the last one, and why it failed: a signal, an exit status, no end within `most_seconds`
//   cost    a copy of each input into memory that both processes see
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace pm::test {

struct Supervised {
  static constexpr std::size_t most_bytes = 65536;
  static constexpr std::uint64_t most_seconds = 20;

  std::uint64_t inputs = 0;
  std::string failing;
  std::string fault;  // "": none failed
};

Supervised supervise(const std::function<std::string()>& make,
                     const std::function<void(const std::string&)>& run, std::chrono::seconds time);

}  // namespace pm::test
