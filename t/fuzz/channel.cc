// SPDX-License-Identifier: MIT
// Datagrams of a child that has been taken over, each behind a byte that says how many descriptors come with it and two that say
// how long it is: the master's reading of each beside a slow one, and no descriptor stays.
#include "process/channel.h"

#include "core/check.h"
#include "os/socket.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace {

using namespace pm;
using process::Event;

// {type, version, length}, two, two and four bytes; thirteen types; the length is that of the rest.
bool is_message(std::string_view bytes) {
  const auto at = [bytes](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<std::uint8_t>(bytes[i])) << 8 * (i % 4);
  };
  if (bytes.size() < 8 || bytes.size() > 8 + 4096) return false;
  const std::uint32_t type_and_version = at(0) | at(1) | at(2) | at(3);
  const std::uint32_t type = type_and_version & 0xffff;
  return type >= 1 && type <= 13 && type_and_version >> 16 == 1 &&
         (at(4) | at(5) | at(6) | at(7)) == bytes.size() - 8;
}

void receive(process::Channel& master, std::string_view sent, std::size_t fds) {
  const process::Message message = master.receive();
  PM_CHECK((message.event == Event::message) == is_message(sent),
           "a message is what has its shape");
  if (message.event != Event::message) return;
  PM_CHECK(message.body == sent.substr(8) && message.fds.size() == fds,
           "it has come as it was sent");
  for (const os::Fd& fd : message.fds)
    PM_CHECK((fcntl(fd.number(), F_GETFD) & FD_CLOEXEC) != 0, "no program inherits it");
  (void)message.as<process::DrainOrder>();
}

void send(process::Channel& child, process::Channel& master, std::string_view bytes,
          std::size_t fds) {
  const std::vector<int> numbers(fds, child.number());
  if (os::send_message(child.number(), bytes, numbers) != os::Transfer::done) return;
  receive(master, bytes, fds);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const int lowest = dup(STDERR_FILENO);
  close(lowest);
  {
    auto pair = process::Channel::make_pair();
    if (!pair) return 0;
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    while (rest.size() > 3) {
      const std::size_t fds = static_cast<std::uint8_t>(rest[0]) % 17;
      const std::size_t length = static_cast<std::uint8_t>(rest[1]) +
                                 std::size_t{256} * static_cast<std::uint8_t>(rest[2]);
      rest.remove_prefix(3);
      send(pair->second, pair->first, rest.substr(0, length), fds);
      rest.remove_prefix(std::min(length, rest.size()));
    }
  }
  const int after = dup(STDERR_FILENO);
  close(after);
  PM_CHECK(after == lowest, "no descriptor is left");
  return 0;
}
