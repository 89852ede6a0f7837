// SPDX-License-Identifier: MIT
// title.h -- what ps(1) shows for a process.
//
//   in      main's argv, whose strings lie in one piece of memory with the environment behind them
//   own     the constructor copies the environment to the heap, so that its old place may be written over
//   errors  a title longer than that piece is cut
//   source  proc(5), /proc/pid/cmdline
#pragma once

#include <cstddef>
#include <string_view>

namespace pm::os {

class ProcessTitle {
 public:
  explicit ProcessTitle(char** argv) noexcept;
  void set(std::string_view title) noexcept;

 private:
  char* begin_ = nullptr;
  std::size_t room_ = 0;
};

}  // namespace pm::os
