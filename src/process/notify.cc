// SPDX-License-Identifier: MIT
#include "process/notify.h"

#include "core/number.h"
#include "os/fd.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

#include <sys/socket.h>
#include <sys/un.h>

namespace pm::process {

Notifier::Notifier(const config::Environment& environment, pid_t self, bool is_heir)
    : socket_(environment.find("NOTIFY_SOCKET").value_or("")) {
  const auto number_of = [&environment](std::string_view name) -> std::uint64_t {
    return parse_u64(environment.find(name).value_or("")).value_or(0);
  };
  const std::uint64_t watched = number_of("WATCHDOG_PID");
  if (socket_.empty() || (watched != 0 && watched != static_cast<std::uint64_t>(self) && !is_heir))
    return;
  constexpr std::uint64_t longest = std::uint64_t{24} * 3600 * 1000000;
  watchdog_ = std::chrono::microseconds(std::min(number_of("WATCHDOG_USEC"), longest));
}

void Notifier::tell_reloading() const noexcept {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  tell(fmt::format("RELOADING=1\nMONOTONIC_USEC={}",
                   std::chrono::duration_cast<std::chrono::microseconds>(now).count()));
}

void Notifier::tell(std::string_view state) const noexcept {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket_.empty() || socket_.size() >= sizeof address.sun_path) return;
  std::memcpy(address.sun_path, socket_.data(), socket_.size());
  if (socket_[0] == '@') address.sun_path[0] = '\0';

  const os::Fd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  ::sendto(fd.number(), state.data(), state.size(), MSG_NOSIGNAL,
           reinterpret_cast<const sockaddr*>(&address), length);
}

}  // namespace pm::process
