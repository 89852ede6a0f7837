// SPDX-License-Identifier: MIT
#include "config/environment.h"

namespace pm::config {

Environment Environment::from(const char* const* envp) {
  Environment environment;
  for (; envp != nullptr && *envp != nullptr; ++envp) {
    const std::string_view text(*envp);
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos || equals == 0) continue;

    environment.variables_.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

}  // namespace pm::config
