// SPDX-License-Identifier: MIT
#include "net/pipes.h"

#include "net/kernel.h"
#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

#include <cerrno>
#include <string>

#include <sys/socket.h>
#include <unistd.h>

using pm::net::Pipe;
using pm::net::Pipes;
using pm::os::Fd;

TEST_GROUP(pipes) {
  Pipes pipes = Pipes::make({.count = 2, .size = 4096, .least_size = 1});
  pm::net::EpollKernel kernel;
  Fd ours;
  Fd peer;

  void setup() override {
    int ends[2];
    LONGS_EQUAL(0, ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends));
    ours = Fd(ends[0]);
    peer = Fd(ends[1]);
  }
  void say(std::string_view bytes) {
    LONGS_EQUAL(bytes.size(), ::write(peer.number(), bytes.data(), bytes.size()));
  }
  std::string hear() {
    char bytes[100];
    const long count = ::read(peer.number(), bytes, sizeof bytes);
    return count > 0 ? std::string(bytes, static_cast<std::size_t>(count)) : "";
  }
};

TEST(pipes, each_is_lent_to_one_at_a_time) {
  Pipe* const first = pipes.take();
  Pipe* const second = pipes.take();

  CHECK_TRUE(first != nullptr && second != nullptr && first != second);
  POINTERS_EQUAL(nullptr, pipes.take());
  LONGS_EQUAL(2, pipes.lent());
}

TEST(pipes, the_one_used_last_is_the_next) {
  Pipe* const first = pipes.take();
  pipes.take();

  pipes.give(first);

  POINTERS_EQUAL(first, pipes.take());
}

TEST(pipes, stay_where_they_are_when_the_pool_moves) {
  const Pipe* const first = pipes.take();

  const Pipes elsewhere = std::move(pipes);

  CHECK_TRUE(&elsewhere.all()[0] == first || &elsewhere.all()[1] == first);
}

TEST(pipes, one_smaller_than_what_is_worth_it_is_none) {
  LONGS_EQUAL(0, Pipes::make({.count = 2, .size = 4096, .least_size = 1 << 30}).count());
  POINTERS_EQUAL(nullptr, Pipes().take());
}

TEST(pipes, bytes_go_from_socket_to_socket) {
  const Pipe& pipe = *pipes.take();
  say("hello");

  LONGS_EQUAL(5, kernel.splice_in(ours.number(), pipe, SIZE_MAX));
  LONGS_EQUAL(2, kernel.splice_out(pipe, ours.number(), 2));
  LONGS_EQUAL(3, kernel.splice_out(pipe, ours.number(), 3));

  CHECK_EQUAL(std::string_view("hello"), std::string_view(hear()));
}

TEST(pipes, a_socket_without_bytes_is_no_end_of_them) {
  const Pipe& pipe = *pipes.take();

  LONGS_EQUAL(-EAGAIN, kernel.splice_in(ours.number(), pipe, SIZE_MAX));
  peer.reset();

  LONGS_EQUAL(0, kernel.splice_in(ours.number(), pipe, SIZE_MAX));
}

TEST(pipes, a_peer_that_is_gone_is_an_error) {
  const Pipe& pipe = *pipes.take();
  say("hello");
  kernel.splice_in(ours.number(), pipe, SIZE_MAX);

  peer.reset();

  LONGS_EQUAL(-EPIPE, kernel.splice_out(pipe, ours.number(), 5));
}

TEST(pipes, what_is_lost_makes_room_for_what_comes) {
  const Pipe& pipe = *pipes.take();
  say("hello");
  kernel.splice_in(ours.number(), pipe, SIZE_MAX);

  kernel.empty_pipe(pipe, 5);

  say("again");
  LONGS_EQUAL(5, kernel.splice_in(ours.number(), pipe, SIZE_MAX));
  LONGS_EQUAL(5, kernel.splice_out(pipe, ours.number(), 5));
  CHECK_EQUAL(std::string_view("again"), std::string_view(hear()));
}
