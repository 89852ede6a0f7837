// SPDX-License-Identifier: MIT
#include "process/channel.h"

#include "os/socket.h"

#include <cstring>

namespace pm::process {
namespace {

constexpr std::size_t max_message = sizeof(MessageHead) + MessageHead::max_length;

bool is_known(std::uint16_t type) {
  switch (static_cast<MessageType>(type)) {
    case MessageType::ready:
    case MessageType::terminating:
    case MessageType::drain:
    case MessageType::stop:
    case MessageType::logs:
    case MessageType::configuration:
    case MessageType::applied:
    case MessageType::ping:
    case MessageType::pong:
    case MessageType::healthy:
    case MessageType::failed:
    case MessageType::alone:
    case MessageType::settled: return true;
  }
  return false;
}

}  // namespace

Result<std::pair<Channel, Channel>> Channel::make_pair() {
  PM_TRY(auto ends, os::message_pair());
  return std::pair<Channel, Channel>(Channel(std::move(ends.first)),
                                     Channel(std::move(ends.second)));
}

bool Channel::send(MessageType type, std::string_view body, std::span<const int> fds) noexcept {
  PM_CHECK(body.size() <= MessageHead::max_length, "a message to a child is small");
  char bytes[max_message];
  MessageHead head;
  head.type = static_cast<std::uint16_t>(type);
  head.length = static_cast<std::uint32_t>(body.size());
  std::memcpy(bytes, &head, sizeof head);
  body.copy(bytes + sizeof head, body.size());
  const std::string_view whole(bytes, sizeof head + body.size());
  return os::send_message(fd_.number(), whole, fds) == os::Transfer::done;
}

Message Channel::receive() {
  char bytes[max_message];
  os::Received received = os::receive_message(fd_.number(), bytes);
  Message message;
  switch (received.outcome) {
    case os::Transfer::again: return message;
    case os::Transfer::closed: message.event = Event::closed; return message;
    case os::Transfer::broken: message.event = Event::malformed; return message;
    case os::Transfer::done: break;
  }

  MessageHead head;
  message.event = Event::malformed;
  if (received.size < sizeof head) return message;
  std::memcpy(&head, bytes, sizeof head);
  if (head.version != MessageHead::current_version || !is_known(head.type)) return message;
  if (head.length != received.size - sizeof head) return message;

  message.event = Event::message;
  message.type = static_cast<MessageType>(head.type);
  message.body.assign(bytes + sizeof head, head.length);
  for (std::size_t i = 0; i < received.fd_count; ++i)
    message.fds.push_back(std::move(received.fds[i]));
  return message;
}

}  // namespace pm::process
