// SPDX-License-Identifier: MIT
#include "os/socket.h"

#include "os/inspect.h"
#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace pm;

namespace {

const Endpoint any_port{Address::v4(0x7f000001), 0};

int option(int fd, int level, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  ::getsockopt(fd, level, name, &value, &size);
  return value;
}

}  // namespace

TEST_GROUP(socket) {
  char buffer[64];

  std::string_view text(const os::Received& received) const {
    return {buffer, received.size};
  }
};

TEST(socket, a_listener_shares_its_port_with_its_group) {
  auto first = os::listen_tcp(any_port);
  const Endpoint endpoint = os::local_endpoint(first->number()).value();

  auto second = os::listen_tcp(endpoint);

  CHECK_TRUE(endpoint.port != 0);
  CHECK_TRUE(second.has_value());
}

TEST(socket, a_probe_finds_that_a_group_is_there_already) {
  auto listener = os::listen_tcp(any_port);
  const Endpoint endpoint = os::local_endpoint(listener->number()).value();

  const auto probed = os::probe_bind(endpoint);

  CHECK_FALSE(probed.has_value());
  CHECK_TRUE(probed.error().code == Errc::conflict);
}

TEST(socket, a_probe_leaves_a_free_port_free) {
  auto listener = os::listen_tcp(any_port);
  const Endpoint endpoint = os::local_endpoint(listener->number()).value();
  listener->reset();

  CHECK_TRUE(os::probe_bind(endpoint).has_value());
  CHECK_TRUE(os::listen_tcp(endpoint).has_value());
}

TEST(socket, a_listener_hands_its_options_on_and_leaks_into_no_program) {
  auto listener = os::listen_tcp(any_port);
  const int fd = listener->number();

  LONGS_EQUAL(1, option(fd, IPPROTO_TCP, TCP_NODELAY));
  LONGS_EQUAL(1, option(fd, SOL_SOCKET, SO_KEEPALIVE));
  CHECK_TRUE((::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
  CHECK_TRUE((::fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
}

TEST(socket, the_holder_of_a_port_can_be_named) {
  auto listener = os::listen_tcp(any_port);

  const auto holder = os::port_holder(os::local_endpoint(listener->number()).value());

  CHECK_TRUE(holder.has_value());
  LONGS_EQUAL(::getpid(), holder->pid);
}

TEST(socket, a_message_arrives_whole_with_its_descriptors) {
  auto pair = os::message_pair();
  const int fds[] = {STDERR_FILENO};

  CHECK_TRUE(os::send_message(pair->first.number(), "hello", fds) == os::Transfer::done);
  const os::Received received = os::receive_message(pair->second.number(), buffer);

  CHECK_TRUE(received.outcome == os::Transfer::done);
  CHECK_EQUAL(std::string_view("hello"), text(received));
  LONGS_EQUAL(1, received.fd_count);
  CHECK_TRUE(received.fds[0].is_open());
}

TEST(socket, nothing_to_receive_is_no_end) {
  auto pair = os::message_pair();

  CHECK_TRUE(os::receive_message(pair->second.number(), buffer).outcome == os::Transfer::again);
}

TEST(socket, a_peer_that_went_is_seen) {
  auto pair = os::message_pair();
  pair->first.reset();

  CHECK_TRUE(os::receive_message(pair->second.number(), buffer).outcome == os::Transfer::closed);
  CHECK_TRUE(os::send_message(pair->second.number(), "x", {}) == os::Transfer::closed);
}

TEST(socket, a_message_longer_than_the_buffer_is_broken) {
  auto pair = os::message_pair();
  const std::string large(sizeof buffer + 1, 'x');
  os::send_message(pair->first.number(), large, {});

  CHECK_TRUE(os::receive_message(pair->second.number(), buffer).outcome == os::Transfer::broken);
}

TEST(socket, a_reader_that_does_not_read_makes_nobody_wait) {
  auto pair = os::message_pair();
  const int size = 4096;
  ::setsockopt(pair->first.number(), SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  const std::string large(2048, 'x');

  os::Transfer last = os::Transfer::done;
  while (last == os::Transfer::done)
    last = os::send_message(pair->first.number(), large, {});

  CHECK_TRUE(last == os::Transfer::again);
}
