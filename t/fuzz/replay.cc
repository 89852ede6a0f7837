// SPDX-License-Identifier: MIT
// replay.cc -- drives a fuzz target over files named on the command line: what a corpus knows, any compiler checks.
//
//   in      FILE ...                                  each of them, once; of a folder all that is in it
//           --mutate SECONDS [--seed NUMBER] FILE ... what t/lib/mutator makes of them, for so long
//   out     "N files" at the end; before each file its name, flushed, so that a crash names its cause
//           "N inputs, seed NUMBER"; an input that fails is written beside the program, NAME.failing, and named
//   errors  exit 1 when a file cannot be read, when an input fails
#include "t/lib/mutator.h"
#include "t/lib/supervised.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" __attribute__((weak)) int LLVMFuzzerInitialize(int* count, char*** arguments);

namespace {

struct Order {
  std::uint64_t seconds = 0;  // 0: the files as they are
  std::uint64_t seed =
      static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
  std::vector<std::string> files;
};

// By name: a seed means the same on every machine.
void add_files(const std::string& path, std::vector<std::string>& files) {
  if (!std::filesystem::is_directory(path)) return files.push_back(path);
  const auto first = files.size();
  for (const auto& entry : std::filesystem::directory_iterator(path))
    files.push_back(entry.path().string());
  std::sort(files.begin() + static_cast<std::ptrdiff_t>(first), files.end());
}

Order read_order(int count, char** arguments) {
  Order order;
  for (int i = 1; i < count; ++i) {
    const std::string word = arguments[i];
    if (word == "--mutate" && i + 1 < count) {
      order.seconds = std::strtoull(arguments[++i], nullptr, 10);
    } else if (word == "--seed" && i + 1 < count) {
      order.seed = std::strtoull(arguments[++i], nullptr, 10);
    } else {
      add_files(word, order.files);
    }
  }
  return order;
}

std::optional<std::string> content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string{std::istreambuf_iterator<char>(file), {}};
}

// In a block of exactly its size: one byte read behind the end is an error that the sanitizer sees.
void run(const std::string& input) {
  const auto exact = std::make_unique<std::uint8_t[]>(input.size());
  for (std::size_t at = 0; at < input.size(); ++at)
    exact[at] = static_cast<std::uint8_t>(input[at]);
  LLVMFuzzerTestOneInput(exact.get(), input.size());
}

int replay(const Order& order) {
  for (const std::string& path : order.files) {
    std::printf("%s\n", path.c_str());
    std::fflush(stdout);
    const std::optional<std::string> input = content_of(path);
    if (!input) return 1;
    run(*input);
  }
  std::printf("%zu files\n", order.files.size());
  return 0;
}

int mutate(const Order& order, const std::string& program) {
  std::vector<std::string> corpus;
  for (const std::string& path : order.files) {
    std::optional<std::string> input = content_of(path);
    if (!input) return 1;
    corpus.push_back(std::move(*input));
  }
  pm::test::Mutator mutator(std::move(corpus), order.seed);
  const auto make = [&mutator] {
    return mutator.next();
  };
  const pm::test::Supervised done =
      pm::test::supervise(make, run, std::chrono::seconds(order.seconds));
  std::printf("%llu inputs, seed %llu\n", static_cast<unsigned long long>(done.inputs),
              static_cast<unsigned long long>(order.seed));
  if (done.fault.empty()) return 0;
  const std::string path = program + ".failing";
  std::ofstream(path, std::ios::binary) << done.failing;
  std::printf("%s: %s\n", path.c_str(), done.fault.c_str());
  return 1;
}

}  // namespace

int main(int count, char** arguments) {
  if (LLVMFuzzerInitialize) LLVMFuzzerInitialize(&count, &arguments);
  const Order order = read_order(count, arguments);
  return order.seconds == 0 ? replay(order) : mutate(order, arguments[0]);
}
