// SPDX-License-Identifier: MIT
#include "process/activation.h"

#include "core/number.h"
#include "core/text.h"

#include <fcntl.h>

namespace pm::process {
namespace {

constexpr int first_passed = 3;
constexpr std::uint64_t most_passed = 1024;

}  // namespace

std::vector<PassedSocket> take_passed_sockets(const config::Environment& environment, pid_t self) {
  const auto number_of = [&environment](std::string_view name) -> std::uint64_t {
    const auto text = environment.find(name);
    return text ? parse_u64(*text).value_or(0) : 0;
  };
  const std::uint64_t count = number_of("LISTEN_FDS");
  if (number_of("LISTEN_PID") != static_cast<std::uint64_t>(self) || count > most_passed) return {};
  const auto names = text::split(environment.find("LISTEN_FDNAMES").value_or(""), ':');
  std::vector<PassedSocket> sockets;
  for (int i = 0; i < static_cast<int>(count); ++i) {
    const int fd = first_passed + i;
    if (::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) continue;
    const auto at = static_cast<std::size_t>(i);
    sockets.push_back({at < names.size() ? std::string(names[at]) : "", os::Fd(fd)});
  }
  return sockets;
}

}  // namespace pm::process
