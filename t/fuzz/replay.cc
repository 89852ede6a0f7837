// SPDX-License-Identifier: MIT
// replay.cc -- drives a fuzz target over files named on the command line: what a corpus knows, any compiler checks.
//
//   out     "N files" at the end; before each file its name, flushed, so that a crash names its cause
//   errors  exit 1 when a file cannot be read
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" __attribute__((weak)) int LLVMFuzzerInitialize(int* count, char*** arguments);

int main(int count, char** arguments) {
  if (LLVMFuzzerInitialize) LLVMFuzzerInitialize(&count, &arguments);
  for (int i = 1; i < count; ++i) {
    std::printf("%s\n", arguments[i]);
    std::fflush(stdout);
    std::ifstream file(arguments[i], std::ios::binary);
    if (!file) return 1;

    // A block of exactly its size: one byte read behind the end is an error that the sanitizer sees.
    const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
    const auto exact = std::make_unique<std::uint8_t[]>(bytes.size());
    for (std::size_t at = 0; at < bytes.size(); ++at)
      exact[at] = static_cast<std::uint8_t>(bytes[at]);
    LLVMFuzzerTestOneInput(exact.get(), bytes.size());
  }
  std::printf("%d files\n", count - 1);
}
