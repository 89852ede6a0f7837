// SPDX-License-Identifier: MIT
#include "rules/matcher.h"

#include <fmt/format.h>

namespace pm::rules {

Status expect_arguments(std::span<const std::string> arguments, std::size_t least,
                        std::size_t most) {
  if (arguments.size() >= least && arguments.size() <= most) return success();
  const std::string wanted =
      least == most ? fmt::format("{}", least) : fmt::format("{} or {}", least, most);
  return Error{
      Errc::bad_value,
      {},
      fmt::format("takes {} argument{}, not {}", wanted, most == 1 ? "" : "s", arguments.size())};
}

}  // namespace pm::rules
