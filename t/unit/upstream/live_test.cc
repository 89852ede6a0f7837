// SPDX-License-Identifier: MIT
#include "upstream/live.h"

#include "t/lib/text.h"
#include "t/lib/upstream_trial.h"
#include "upstream/weighted.h"

#include <CppUTest/TestHarness.h>

using namespace pm;
using shm::ServerState;

namespace {

class Child final : public http::Service, public upstream::Checked {
 public:
  void serve(http::Exchange&) noexcept override { ++served; }
  bool is_up() noexcept override { return up; }
  int served = 0;
  bool up = true;
};

}  // namespace

TEST_GROUP(live) {
  shm::Health health = std::move(shm::Health::create(64)).value();
  upstream::LiveList list{health, {1001, 1002}};
  BlockPool blocks{4096};

  std::string shown() {
    std::string text;
    for (const bool up : list.get())
      text += up ? 'u' : 'd';
    return text;
  }
};

TEST(live, who_is_not_known_is_up) {
  CHECK_EQUAL(std::string("uu"), shown());
}

TEST(live, a_change_is_seen_by_the_next_look) {
  shown();
  health.set(1002, ServerState::down);
  CHECK_EQUAL(std::string("ud"), shown());
  health.set(1002, ServerState::up);
  CHECK_EQUAL(std::string("uu"), shown());
}

TEST(live, with_everybody_down_there_is_nobody) {
  CHECK_TRUE(list.has_any());
  health.set(1001, ServerState::down);
  health.set(1002, ServerState::down);
  CHECK_FALSE(list.has_any());
  CHECK_TRUE(upstream::LiveList().has_any());
}

TEST(live, a_service_without_a_live_server_answers_503_and_asks_nobody) {
  test::UpstreamTrial trial;
  class First final : public upstream::Balancer {
    std::optional<std::uint32_t> pick(const upstream::PickInput& input) noexcept override {
      for (std::uint32_t i = 0; i < input.live.size(); ++i) {
        if (input.live[i]) return i;
      }
      return std::nullopt;
    }
  };
  std::vector<upstream::Server> servers(2);
  servers[0].url = "http://first";
  servers[1].url = "http://second";
  upstream::LoadBalancer service(std::move(servers), std::make_unique<First>(),
                                 {.name = "app", .live = upstream::LiveList(health, {1001, 1002})});
  health.set(1001, ServerState::down);
  test::PlayedClient second(trial.blocks);
  service.serve(*second.exchange);
  CHECK_EQUAL(std::string_view("http://second"), second.exchange->trace().server_url);

  health.set(1002, ServerState::down);
  test::PlayedClient nobody(trial.blocks);
  service.serve(*nobody.exchange);

  CHECK_EQUAL(503, nobody.status);
  CHECK_EQUAL(std::string("no available server\n"), nobody.body);
  CHECK_FALSE(service.is_up());
}

TEST(live, a_parent_leaves_out_children_that_are_down) {
  Child a;
  Child b;
  const std::int64_t weights[] = {1, 1};
  upstream::Weighted parent({&a, &b}, weights, 0, nullptr,
                            upstream::LiveList(health, std::vector<upstream::Checked*>{&a, &b}));
  test::UpstreamTrial trial;
  test::PlayedClient client(trial.blocks);
  parent.serve(*client.exchange);
  parent.serve(*client.exchange);
  LONGS_EQUAL(1, a.served);
  a.up = false;
  health.set(1001, ServerState::down);
  parent.serve(*client.exchange);
  parent.serve(*client.exchange);

  LONGS_EQUAL(1, a.served);
  LONGS_EQUAL(3, b.served);
  b.up = false;
  health.set(1002, ServerState::down);
  CHECK_FALSE(parent.is_up());
}
