// SPDX-License-Identifier: MIT
// mutator.h -- inputs like those of a corpus, and not quite: what drives a fuzz target where no compiler guides one.
//
//   in      the inputs to begin with, and a seed
//   out     next(): one to four changes of one of them: bytes, splices of two, cuts, repetitions, tokens seen anywhere in the
//           corpus. The same seed gives the same inputs in the same order
//   cost    a copy or two of at most `most_bytes`
#pragma once

#include "core/random.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pm::test {

class Mutator {
 public:
  static constexpr std::size_t most_bytes = 8192;
  static constexpr std::size_t most_tokens = 1024;

  Mutator(std::vector<std::string> corpus, std::uint64_t seed);
  std::string next();

 private:
  void collect_tokens(std::string_view input);
  void change(std::string& input);
  void flip(std::string& input);
  void splice(std::string& input);
  void cut(std::string& input);
  void repeat(std::string& input);
  void put_token(std::string& input);
  std::size_t place_in(const std::string& input) { return random_.below(input.size() + 1); }

  std::vector<std::string> corpus_;
  std::vector<std::string> tokens_;
  Random random_;
};

}  // namespace pm::test
