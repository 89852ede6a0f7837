// SPDX-License-Identifier: MIT
#include "process/listeners.h"

#include "os/socket.h"
#include "process/cli.h"
#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

#include <fcntl.h>
#include <sys/socket.h>

using namespace pm;
using process::Listeners;

TEST_GROUP(listeners) {
  Listeners listeners;
  runtime::PlanAddress web;
  int pauses = 0;

  void setup() override {
    web.name.set("web");
    web.text.set("127.0.0.1:0");
    web.place.set("traefik.yml:9:14");
    web.address = Address::v4(0x7f000001).bytes();
  }
  std::vector<runtime::ListeningSocket> of_slot(unsigned slot, unsigned slots) {
    return listeners.of_slot({&web, 1}, slot, slots);
  }
  auto bind(unsigned slots) {
    return listeners.bind({&web, 1}, slots,
                          [this](std::chrono::milliseconds) { return ++pauses < 2; });
  }

  std::vector<process::InheritedSocket> handed_over() {
    std::vector<process::InheritedSocket> inherited;
    for (const process::ListenerSocket& socket : listeners.all())
      inherited.push_back(
          {socket.key, socket.index, socket.steered, os::duplicate(socket.fd).value()});
    return inherited;
  }
};

TEST(listeners, every_slot_gets_a_socket_of_every_address) {
  CHECK_FALSE(bind(3).has_value());

  LONGS_EQUAL(1, of_slot(0, 3).size());
  LONGS_EQUAL(1, of_slot(2, 3).size());
  LONGS_EQUAL(3, listeners.size());
}

TEST(listeners, all_slots_share_the_port_that_the_kernel_chose) {
  CHECK_FALSE(bind(2).has_value());

  const auto first = os::local_endpoint(of_slot(0, 2)[0].fd);
  const auto second = os::local_endpoint(of_slot(1, 2)[0].fd);

  LONGS_EQUAL(first.value().port, second.value().port);
  CHECK_EQUAL("127.0.0.1:" + std::to_string(first.value().port), listeners.shown_address(web));
}

TEST(listeners, a_free_port_is_bound_without_waiting) {
  CHECK_FALSE(bind(1).has_value());

  LONGS_EQUAL(0, pauses);
}

TEST(listeners, waiting_for_a_busy_port_can_be_given_up) {
  auto other = os::listen_tcp({Address::v4(0x7f000001), 0});
  web.port = os::local_endpoint(other->number()).value().port;

  const auto failure = bind(1);

  CHECK_TRUE(failure.has_value());
  CHECK_TRUE(failure->message.empty());
  LONGS_EQUAL(2, pauses);
}

TEST(listeners, an_address_of_another_box_is_refused_at_once_with_its_place) {
  web.address = Address::v4(0xc0000201).bytes();
  web.text.set("192.0.2.1:0");

  const auto failure = bind(1);

  CHECK_TRUE(failure.has_value());
  LONGS_EQUAL(process::exit_cannot_bind, failure->exit_code);
  CHECK_EQUAL(
      std::string("traefik.yml:9:14: error: entryPoints.web.address \"192.0.2.1:0\": cannot bind: "
                  "cannot assign requested address"),
      failure->message);
}

TEST(listeners, with_fewer_workers_the_remaining_ones_take_all_sockets) {
  CHECK_FALSE(bind(4).has_value());

  LONGS_EQUAL(2, of_slot(0, 2).size());
  LONGS_EQUAL(2, of_slot(1, 2).size());
  LONGS_EQUAL(1, of_slot(2, 3).size());
}

TEST(listeners, with_more_workers_sockets_are_added_to_those_that_are_there) {
  CHECK_FALSE(bind(1).has_value());
  const int first = of_slot(0, 1)[0].fd;

  CHECK_FALSE(bind(3).has_value());

  LONGS_EQUAL(3, listeners.size());
  LONGS_EQUAL(first, of_slot(0, 3)[0].fd);
}

TEST(listeners, what_is_not_listened_on_any_more_is_closed) {
  CHECK_FALSE(bind(2).has_value());

  listeners.settle({}, 2);

  LONGS_EQUAL(0, listeners.size());
}

TEST(listeners, the_next_program_finds_the_same_sockets) {
  CHECK_FALSE(bind(2).has_value());
  Listeners next;

  CHECK_TRUE(next.adopt(handed_over()));
  CHECK_FALSE(next.bind({&web, 1}, 2, nullptr).has_value());

  LONGS_EQUAL(2, next.size());
  CHECK_EQUAL(listeners.shown_address(web), next.shown_address(web));
}

// ---- sockets of a service manager ----

namespace {

// As systemd makes it: without SO_REUSEPORT, unless it is told to.
process::PassedSocket passed(const char* name, int shares_port = 0) {
  os::Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ::setsockopt(fd.number(), SOL_SOCKET, SO_REUSEPORT, &shares_port, sizeof shares_port);
  sockaddr_storage storage{};
  const socklen_t length = Endpoint{Address::v4(0x7f000001), 0}.to_sockaddr(&storage);
  ::bind(fd.number(), reinterpret_cast<sockaddr*>(&storage), length);
  ::listen(fd.number(), 8);
  return {name, std::move(fd)};
}

std::vector<process::PassedSocket> only(process::PassedSocket socket) {
  std::vector<process::PassedSocket> sockets;
  sockets.push_back(std::move(socket));
  return sockets;
}

}  // namespace

TEST(listeners, a_passed_socket_of_the_entry_points_name_is_shared_by_all_slots) {
  auto socket = passed("web");
  const int fd = socket.fd.number();
  const Endpoint bound = os::local_endpoint(fd).value();

  LONGS_EQUAL(0, listeners.take(only(std::move(socket)), {&web, 1}).size());
  CHECK_FALSE(bind(3).has_value());

  LONGS_EQUAL(1, listeners.size());
  LONGS_EQUAL(fd, of_slot(0, 3)[0].fd);
  LONGS_EQUAL(fd, of_slot(2, 3)[0].fd);
  CHECK_EQUAL(bound.to_string(), listeners.shown_address(web));
}

TEST(listeners, a_passed_socket_that_shares_its_port_is_one_of_a_group) {
  LONGS_EQUAL(0, listeners.take(only(passed("web", 1)), {&web, 1}).size());
  CHECK_FALSE(bind(3).has_value());

  LONGS_EQUAL(3, listeners.size());
  LONGS_EQUAL(1, of_slot(1, 3).size());
}

TEST(listeners, a_passed_socket_without_a_known_name_goes_by_its_address) {
  auto socket = passed("pointsman.socket");
  const int fd = socket.fd.number();
  web.port = os::local_endpoint(fd).value().port;

  LONGS_EQUAL(0, listeners.take(only(std::move(socket)), {&web, 1}).size());
  CHECK_FALSE(bind(2).has_value());

  LONGS_EQUAL(fd, of_slot(1, 2)[0].fd);
}

TEST(listeners, a_passed_socket_that_fits_nobody_is_closed_and_named) {
  auto socket = passed("metrics");
  const int fd = socket.fd.number();
  const std::string bound = os::local_endpoint(fd).value().to_string();

  const auto complaints = listeners.take(only(std::move(socket)), {&web, 1});

  LONGS_EQUAL(2, complaints.size());
  STRCMP_CONTAINS(("socket \"metrics\" (" + bound + ")").c_str(), complaints[0].c_str());
  STRCMP_CONTAINS("entry point \"web\"", complaints[1].c_str());
  LONGS_EQUAL(-1, ::fcntl(fd, F_GETFD));
}

TEST(listeners, a_passed_socket_stays_while_its_entry_point_does) {
  listeners.take(only(passed("web")), {&web, 1});
  CHECK_FALSE(bind(2).has_value());

  web.port = 1;  // another address, the same entry point
  listeners.settle({&web, 1}, 2);
  LONGS_EQUAL(1, of_slot(1, 2).size());

  listeners.settle({}, 2);
  LONGS_EQUAL(0, listeners.size());
}

TEST(listeners, the_next_program_shares_a_passed_socket_as_well) {
  listeners.take(only(passed("web")), {&web, 1});
  Listeners next;

  CHECK_TRUE(next.adopt(handed_over()));
  CHECK_FALSE(next.bind({&web, 1}, 4, nullptr).has_value());

  LONGS_EQUAL(1, next.size());
  LONGS_EQUAL(1, next.of_slot({&web, 1}, 3, 4).size());
}

TEST(listeners, all_passed_sockets_of_one_name_are_listened_on_by_every_slot) {
  std::vector<process::PassedSocket> sockets = only(passed("web", 1));
  sockets.push_back(passed("web", 1));

  LONGS_EQUAL(0, listeners.take(std::move(sockets), {&web, 1}).size());
  CHECK_FALSE(bind(3).has_value());

  LONGS_EQUAL(2, listeners.size());
  LONGS_EQUAL(2, of_slot(0, 3).size());
  LONGS_EQUAL(2, of_slot(2, 3).size());
}
