// SPDX-License-Identifier: MIT
#include "runtime/client_connections.h"

#include "shm/counts.h"

#include <CppUTest/TestHarness.h>

#include <utility>

using namespace pm;
using runtime::ClientConnections;

TEST_GROUP(client_connections) {
  shm::Counts counts = std::move(shm::Counts::create(2, 16)).value();
  http::WorkerTools tools;
  Address one = *Address::parse("192.0.2.1");
  Address other = *Address::parse("192.0.2.2");

  void setup() override {
    tools.counts = &counts;
  }
};

TEST(client_connections, each_address_has_so_many_and_gets_them_back) {
  ClientConnections clients("web", 2);
  CHECK_TRUE(clients.enter(tools, one));
  CHECK_TRUE(clients.enter(tools, one));

  CHECK_FALSE(clients.enter(tools, one));
  CHECK_TRUE(clients.enter(tools, other));

  clients.leave(tools, one);
  CHECK_TRUE(clients.enter(tools, one));
  CHECK_FALSE(clients.enter(tools, one));
}

TEST(client_connections, the_bound_holds_for_all_workers) {
  ClientConnections here("web", 2);
  ClientConnections there("web", 2);
  http::WorkerTools its = tools;
  its.slot = 1;
  CHECK_TRUE(here.enter(tools, one));
  CHECK_TRUE(there.enter(its, one));

  CHECK_FALSE(here.enter(tools, one));

  counts.clear(1);  // the other one is gone
  CHECK_TRUE(here.enter(tools, one));
}

TEST(client_connections, entry_points_count_apart) {
  ClientConnections web("web", 1);
  ClientConnections admin("admin", 1);

  CHECK_TRUE(web.enter(tools, one));
  CHECK_TRUE(admin.enter(tools, one));
}

TEST(client_connections, a_client_of_ipv6_is_its_network) {
  ClientConnections clients("web", 1);
  CHECK_TRUE(clients.enter(tools, *Address::parse("2001:db8:1:2::1")));

  CHECK_FALSE(clients.enter(tools, *Address::parse("2001:db8:1:2:ffff::1")));
  CHECK_TRUE(clients.enter(tools, *Address::parse("2001:db8:1:3::1")));
}

TEST(client_connections, no_bound_counts_nothing) {
  ClientConnections clients("web", 0);

  CHECK_TRUE(clients.enter(tools, one));
  clients.leave(tools, one);
  UNSIGNED_LONGS_EQUAL(0, counts.total());
}
