// SPDX-License-Identifier: MIT
// channel.h -- what master and child say to each other: small messages with a type, a version, a length and descriptors.
//
//   shape   {u16 type, u16 version, u32 length <= 4096}, the body, at most 16 descriptors; one message a datagram
//   in      receive() from a peer that may have been taken over: what does not fit is Event::malformed, and whoever
//           sent it must end
//   own     a Channel owns its end; received descriptors belong to the Message
//   errors  send() is false when the peer is gone or does not read; nothing here blocks
//   source  decision 31
#pragma once

#include "core/result.h"
#include "os/fd.h"

#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pm::process {

enum class MessageType : std::uint16_t {
  ready = 1,        // child: I serve
  terminating = 2,  // master: ping answers its terminating status from now on
  drain = 3,        // master: accept no more, end with the last exchange; a DrainOrder
  stop = 4,         // master: end now
  logs = 5,         // master: write here from now on; the body has a LogKind for each descriptor
  configuration =
      6,  // master: the dynamic part from now on; a serial number, and the descriptor of a Bundle
  applied = 7,  // child: an Applied
  ping = 8,     // master: say this number again
  pong = 9,     // worker
  // Between the masters of an upgrade; `ready` is one more.
  healthy = 10,  // the new one: my workers answer
  failed = 11,   // the new one: I give up, and why
  alone = 12,    // the old one: you have taken over
  settled =
      13,  // the new one: my place is taken in its turn, so my end is none to come back for; `stop`: end with me
};

struct DrainOrder {
  std::uint64_t limit_ms = 0;   // then it ends; 0: the grace time of each entry point
  std::uint64_t silent_ms = 0;  // how long a kept connection may say nothing; 0: a moment
};
struct Applied {
  std::uint64_t serial = 0;
  std::uint64_t is_in_force = 0;  // 0: the Bundle could not be read, or a later one overtook it
};

enum class LogKind : std::uint8_t { error = 0, access = 1 };

struct MessageHead {
  static constexpr std::uint16_t current_version = 1;
  static constexpr std::uint32_t max_length = 4096;
  std::uint16_t type = 0;
  std::uint16_t version = current_version;
  std::uint32_t length = 0;
};

enum class Event : std::uint8_t { message, nothing, closed, malformed };

struct Message {
  Event event = Event::nothing;
  MessageType type = MessageType::ready;
  std::string body;
  std::vector<os::Fd> fds;

  // The body as a struct; nothing unless it has its size.
  template <class T>
  std::optional<T> as() const noexcept {
    T value;
    if (body.size() != sizeof value) return std::nullopt;
    std::memcpy(&value, body.data(), sizeof value);
    return value;
  }
};
template <class T>
std::string_view body_of(const T& value) noexcept {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

class Channel {
 public:
  Channel() noexcept = default;
  explicit Channel(os::Fd fd) noexcept : fd_(std::move(fd)) {}
  static Result<std::pair<Channel, Channel>> make_pair();

  int number() const noexcept { return fd_.number(); }
  bool send(MessageType type, std::string_view body = {}, std::span<const int> fds = {}) noexcept;
  Message receive();

 private:
  os::Fd fd_;
};

}  // namespace pm::process
