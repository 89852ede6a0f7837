// SPDX-License-Identifier: MIT
#include "net/listener.h"

#include "t/lib/fake_kernel.h"

#include <CppUTest/TestHarness.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <vector>

namespace {

class Door final : public pm::net::ListenerUser {
 public:
  std::vector<int> taken;
  std::vector<int> errors;
  std::size_t room = 2000;

 private:
  void on_accept(int fd, const pm::Endpoint&) noexcept override { taken.push_back(fd); }
  void on_accept_failed(int error) noexcept override { errors.push_back(error); }
  bool may_accept() noexcept override { return taken.size() < room; }
};

}  // namespace

TEST_GROUP(listener) {
  pm::test::FakeKernel kernel;
  std::unique_ptr<pm::net::Loop> loop = pm::net::Loop::create_for_test(kernel);
  Door door;
  int fd = kernel.add();
  pm::net::Listener* listener = new pm::net::Listener(*loop, fd, door);

  void setup() override {
    listener->start();
    loop->turn();
  }
  void teardown() override {
    if (listener != nullptr) listener->stop();
    loop->turn();
  }
  void arrive(int count) {
    for (int i = 0; i < count; ++i)
      kernel.queue_accept(fd, 1000 + i);
  }
  void turns(int count) {
    for (int i = 0; i < count; ++i)
      loop->turn();
  }
};

TEST(listener, takes_what_comes_one_a_turn) {
  arrive(3);

  loop->turn();
  LONGS_EQUAL(1, door.taken.size());
  turns(2);
  LONGS_EQUAL(3, door.taken.size());
}

TEST(listener, takes_more_at_once_while_a_crowd_waits) {
  arrive(1000);
  std::size_t most = 0;
  for (int i = 0; i < 40; ++i) {
    const std::size_t before = door.taken.size();
    loop->turn();
    most = std::max(most, door.taken.size() - before);
  }

  LONGS_EQUAL(64, most);
  LONGS_EQUAL(1000, door.taken.size());
  arrive(2);
  loop->turn();
  LONGS_EQUAL(1001, door.taken.size());
}

TEST(listener, leaves_connections_in_the_kernel_while_there_is_no_room) {
  door.room = 2;
  arrive(5);
  turns(5);
  LONGS_EQUAL(2, door.taken.size());

  door.room = 10;
  listener->go_on();
  turns(5);

  LONGS_EQUAL(5, door.taken.size());
}

TEST(listener, rests_100_ms_when_descriptors_have_run_out) {
  kernel.queue_accept(fd, -EMFILE);
  arrive(2);
  loop->turn();
  LONGS_EQUAL(1, door.errors.size());
  LONGS_EQUAL(EMFILE, door.errors[0]);
  LONGS_EQUAL(0, door.taken.size());

  kernel.pass(250);
  loop->tick();
  turns(2);

  LONGS_EQUAL(2, door.taken.size());
}

TEST(listener, does_not_try_again_before_its_rest_is_over) {
  kernel.queue_accept(fd, -EMFILE);
  kernel.queue_accept(fd, -EMFILE);
  turns(3);
  listener->go_on();
  turns(3);

  LONGS_EQUAL(1, door.errors.size());
}

TEST(listener, tries_again_to_be_watched_when_the_kernel_refuses) {
  door.room = 1;
  arrive(3);
  turns(2);
  kernel.refuse_watches(true);
  door.room = 10;
  listener->go_on();
  LONGS_EQUAL(1, door.errors.size());
  LONGS_EQUAL(ENOSPC, door.errors[0]);

  kernel.refuse_watches(false);
  kernel.pass(250);
  loop->tick();
  turns(3);

  LONGS_EQUAL(3, door.taken.size());
}

TEST(listener, passes_over_a_connection_that_is_gone_already) {
  kernel.queue_accept(fd, -ECONNABORTED);
  arrive(1);

  loop->turn();

  LONGS_EQUAL(1, door.taken.size());
  LONGS_EQUAL(0, door.errors.size());
}

TEST(listener, takes_what_is_queued_when_it_stops_and_closes) {
  for (int i = 0; i < 100; ++i)
    kernel.queue_accept(fd, 1000 + i);

  listener->stop();
  listener = nullptr;
  LONGS_EQUAL(100, door.taken.size());
  CHECK_FALSE(kernel.socket(fd).open);
}
