// SPDX-License-Identifier: MIT
#include "os/title.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include <unistd.h>

namespace pm::os {

ProcessTitle::ProcessTitle(char** argv) noexcept {
  if (argv == nullptr || argv[0] == nullptr) return;
  begin_ = argv[0];
  char* end = begin_;
  const auto take = [&end](char* text) {
    if (text == end) end = text + std::strlen(text) + 1;
  };
  for (char** argument = argv; *argument != nullptr; ++argument)
    take(*argument);
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
    char* text = *variable;
    if (text == end) {
      take(text);
      *variable = ::strdup(text);
    }
  }
  room_ = static_cast<std::size_t>(end - begin_);
}

void ProcessTitle::set(std::string_view title) noexcept {
  if (room_ == 0) return;
  const std::size_t size = std::min(title.size(), room_ - 1);
  std::memcpy(begin_, title.data(), size);
  // A title longer than the old arguments ends at its first zero: the kernel reads on into the environment's place.
  std::memset(begin_ + size, 0, room_ - size);
}

}  // namespace pm::os
