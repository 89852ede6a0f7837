// SPDX-License-Identifier: MIT
// environment.h -- the variables of the process as a value, so that what reads them can be tested.
//
//   in      "NAME=value" strings, as execve(2) gives them; the first of two equal names counts
//   out     look-up by exact name
//   own     copies of the text
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace pm::config {

class Environment {
 public:
  Environment() = default;
  explicit Environment(std::map<std::string, std::string, std::less<>> variables)
      : variables_(std::move(variables)) {}
  static Environment from(const char* const* envp);  // ends with a null pointer, as environ does

  std::optional<std::string_view> find(std::string_view name) const {
    const auto it = variables_.find(name);
    if (it == variables_.end()) return std::nullopt;
    return it->second;
  }
  const std::map<std::string, std::string, std::less<>>& all() const noexcept { return variables_; }

 private:
  std::map<std::string, std::string, std::less<>> variables_;
};

}  // namespace pm::config
