// SPDX-License-Identifier: MIT
// mark.h -- where something stands in a configuration: source, line, column.
//
//   shape   source is an index into SourceNames (0: no place); line and column count from 1, columns in bytes
//   own     a Mark is twelve bytes and is kept beside every value that a later step may have to complain about
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace pm::config {

struct Mark {
  std::uint32_t source = 0;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

// A value and where it was written. Compares and converts as the value.
template <class T>
struct At {
  T value{};
  Mark mark{};
  operator const T&() const noexcept { return value; }
};

// Names of what was read: file paths, "environment", "command line". Index 0 is "".
using SourceNames = std::vector<std::string>;

}  // namespace pm::config
