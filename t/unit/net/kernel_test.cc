// SPDX-License-Identifier: MIT
// The real kernel's events of a real socket: what a played one (t/lib/fake_kernel.h) has to agree with.
#include "net/kernel.h"

#include "net/reactor.h"
#include "os/fd.h"

#include <CppUTest/TestHarness.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

using pm::net::Event;
using pm::os::Fd;

namespace {

class Marked final : public pm::net::Watch {
  void on_event(const Event&) noexcept override {}
  void on_turn() noexcept override {}
};

}  // namespace

TEST_GROUP(kernel) {
  pm::net::EpollKernel kernel;
  Marked watch;
  Fd ours;
  Fd peer;

  // A connection over the loopback: two unix sockets would do other things at their end.
  void setup() override {
    const Fd listener(::socket(AF_INET, SOCK_STREAM, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const at = reinterpret_cast<sockaddr*>(&address);
    LONGS_EQUAL(0, ::bind(listener.number(), at, size));
    LONGS_EQUAL(0, ::listen(listener.number(), 1));
    LONGS_EQUAL(0, ::getsockname(listener.number(), at, &size));
    peer = Fd(::socket(AF_INET, SOCK_STREAM, 0));
    LONGS_EQUAL(0, ::connect(peer.number(), at, size));
    ours = Fd(::accept4(listener.number(), nullptr, nullptr, SOCK_NONBLOCK));
    kernel.watch(ours.number(), &watch);
    wait();
  }
  Event wait() {
    Event event{};
    kernel.wait({&event, 1}, 0);
    return event;
  }
  void say(std::string_view bytes) {
    LONGS_EQUAL(bytes.size(), ::write(peer.number(), bytes.data(), bytes.size()));
  }
};

TEST(kernel, the_end_of_the_peer_is_a_hangup) {
  ::shutdown(peer.number(), SHUT_WR);

  const Event event = wait();

  CHECK_TRUE(event.readable && event.hangup);
  CHECK_FALSE(event.broken);
}

TEST(kernel, the_ends_of_both_are_no_break_and_what_came_before_is_there) {
  say("last");
  kernel.shutdown_write(ours.number());
  ::shutdown(peer.number(), SHUT_WR);

  const Event event = wait();

  CHECK_TRUE(event.readable && event.hangup);
  CHECK_FALSE(event.broken);
  char bytes[10];
  LONGS_EQUAL(4, kernel.receive(ours.number(), bytes, sizeof bytes));
  LONGS_EQUAL(0, kernel.receive(ours.number(), bytes, sizeof bytes));
}

TEST(kernel, a_reset_is_a_break) {
  kernel.reset(peer.release());

  const Event event = wait();

  CHECK_TRUE(event.readable && event.writable && event.hangup && event.broken);
}

TEST(kernel, a_reset_behind_our_own_end_is_one_too) {
  kernel.shutdown_write(ours.number());
  kernel.reset(peer.release());

  CHECK_TRUE(wait().broken);
}
