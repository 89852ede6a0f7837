// SPDX-License-Identifier: MIT
// A Server and a Client back to back: what goes through a tunnel between them, copied or spliced.
#include "t/lib/choices.h"
#include "t/lib/h1_pair.h"
#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

#include <algorithm>
#include <string>

using pm::net::Splice;

namespace {

constexpr std::size_t pipe_size = 4096;  // the kernel's smallest

class World final : public pm::test::Pair {
 public:
  explicit World(std::size_t pipes = 2) : Pair(pipes, pipe_size) {
    kernel.deliver(client,
                   "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n");
    turns();
    kernel.deliver(server, "HTTP/1.1 101 Yes\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n");
    turns();
    kernel.take(client);
    kernel.take(server);
  }
  // So much that the flow from this peer is long.
  void warm(int from) {
    for (std::size_t i = 0; i < Splice::long_flow / Splice::long_read; ++i) {
      kernel.deliver(from, std::string(Splice::long_read, 'w'));
      turns();
    }
    kernel.take(from == client ? server : client);
    warmed += Splice::long_flow;
  }
  std::string say(int from, std::string_view bytes) {
    kernel.deliver(from, bytes);
    turns();
    return kernel.take(from == client ? server : client);
  }

  std::size_t warmed = 0;
};

// No two places look alike.
std::string pattern(std::size_t size, char mark) {
  std::string bytes;
  for (int i = 0; bytes.size() < size; ++i)
    bytes += std::to_string(i) + mark;
  return bytes.substr(0, size);
}

// One way through the tunnel as a test plays it.
struct Way {
  int from = -1;
  int to = -1;
  std::string bytes;
  std::size_t said = 0;
  std::string heard;

  bool is_over(World& world) const {
    return heard.size() == bytes.size() && world.kernel.socket(to).fin_out;
  }
  void step(World& world, pm::test::Choices& choices) {
    const std::size_t size = std::min(choices.below(9000), bytes.size() - said);
    world.kernel.deliver(from, std::string_view(bytes).substr(said, size));
    said += size;
    if (said == bytes.size()) world.kernel.finish(from);
    world.kernel.set_window(to, choices.one_in(4) ? 0 : 1 + choices.below(6000));
    world.turns(1);
    heard += world.kernel.take(to, choices.below(7000));
  }
};

}  // namespace

TEST_GROUP(h1_tunnel) {
  const std::string bytes = pattern(50000, ' ');

  // Both ways at once, cut as chance will have it, each ended by its source: what is heard is what was said.
  void play(std::uint64_t seed, std::size_t pipes) {
    World world(pipes);
    pm::test::Choices choices(seed);
    if (!choices.one_in(4)) world.warm(world.server);
    if (!choices.one_in(4)) world.warm(world.client);
    world.kernel.limit_splices(choices.one_in(2) ? 1 + choices.below(5000) : SIZE_MAX);
    const std::size_t before = world.warmed;
    Way down{world.server, world.client, pattern(choices.below(60000), 'd'), 0, ""};
    Way up{world.client, world.server, pattern(choices.below(60000), 'u'), 0, ""};
    for (int i = 0; i < 3000 && !(down.is_over(world) && up.is_over(world)); ++i) {
      if (!down.is_over(world)) down.step(world, choices);
      if (!up.is_over(world)) up.step(world, choices);
    }
    world.turns();
    CHECK_TRUE(down.heard == down.bytes);
    CHECK_TRUE(up.heard == up.bytes);
    CHECK_TRUE(world.ended);
    CHECK_FALSE(world.kernel.socket(world.client).was_reset);
    CHECK_FALSE(world.kernel.socket(world.server).was_reset);
    LONGS_EQUAL(world.trace.origin_bytes, world.trace.response_bytes);
    LONGS_EQUAL(before + down.bytes.size() + up.bytes.size(),
                world.trace.origin_bytes + world.trace.request_bytes);
  }
};

TEST(h1_tunnel, a_long_flow_to_the_client_is_spliced) {
  World world;
  world.warm(world.server);

  CHECK_TRUE(world.say(world.server, bytes) == bytes);

  LONGS_EQUAL(bytes.size(), world.kernel.spliced());
}

TEST(h1_tunnel, a_long_flow_to_the_server_is_spliced) {
  World world;
  world.warm(world.client);

  CHECK_TRUE(world.say(world.client, bytes) == bytes);

  LONGS_EQUAL(bytes.size(), world.kernel.spliced());
}

TEST(h1_tunnel, a_chat_is_copied) {
  World world;

  for (int i = 0; i < 100; ++i) {
    CHECK_TRUE(world.say(world.server, bytes.substr(0, 10000)) == bytes.substr(0, 10000));
    CHECK_TRUE(world.say(world.client, bytes.substr(0, 10000)) == bytes.substr(0, 10000));
  }

  LONGS_EQUAL(0, world.kernel.spliced());
}

TEST(h1_tunnel, with_no_pipe_left_it_is_copied) {
  World world(1);
  world.warm(world.client);
  world.warm(world.server);
  world.kernel.set_window(world.server, 0);
  world.say(world.client, bytes);
  LONGS_EQUAL(1, world.loop->pipes().lent());

  CHECK_TRUE(world.say(world.server, bytes) == bytes);

  LONGS_EQUAL(pipe_size, world.kernel.spliced());
}

TEST(h1_tunnel, a_client_that_takes_nothing_stops_the_server) {
  World world;
  world.warm(world.server);
  world.kernel.set_window(world.client, 0);

  world.say(world.server, bytes);
  LONGS_EQUAL(bytes.size() - pipe_size, world.kernel.socket(world.server).in.size());
  world.kernel.set_window(world.client, SIZE_MAX);
  world.turns();

  CHECK_TRUE(world.kernel.take(world.client) == bytes);
}

TEST(h1_tunnel, a_client_that_takes_nothing_for_long_is_cut) {
  World world;
  world.warm(world.server);
  world.kernel.set_window(world.client, 1000);
  world.say(world.server, bytes);
  CHECK_FALSE(world.ended);

  world.pass(world.settings.stall_timeout_ms + 200);

  STRCMP_EQUAL("client-stalled", world.termination.c_str());
  CHECK_TRUE(world.kernel.socket(world.client).was_reset);
  CHECK_TRUE(world.kernel.socket(world.server).was_reset);
  LONGS_EQUAL(Splice::long_flow + 1000, world.trace.response_bytes);
  LONGS_EQUAL(Splice::long_flow + pipe_size, world.trace.origin_bytes);
}

TEST(h1_tunnel, a_client_that_takes_little_at_a_time_is_not) {
  World world;
  world.warm(world.server);
  world.kernel.set_window(world.client, 100);
  std::string got = world.say(world.server, bytes.substr(0, 1000));

  while (got.size() < 1000) {
    world.pass(world.settings.stall_timeout_ms / 2);
    CHECK_FALSE(world.ended);
    got += world.kernel.take(world.client);
    world.turns();
  }

  CHECK_TRUE(got == bytes.substr(0, 1000));
}

TEST(h1_tunnel, a_client_that_resets_is_a_reset_for_the_server) {
  World world;
  world.warm(world.server);
  world.kernel.set_window(world.client, 0);
  world.say(world.server, bytes);
  LONGS_EQUAL(1, world.loop->pipes().lent());

  world.kernel.reset_by_peer(world.client);
  world.turns();

  STRCMP_EQUAL("client-gone", world.termination.c_str());
  CHECK_TRUE(world.kernel.socket(world.server).was_reset);
}

TEST(h1_tunnel, a_client_that_resets_behind_its_bytes_gives_the_pipe_back) {
  World world;
  world.warm(world.client);
  world.kernel.set_window(world.server, 0);
  world.say(world.client, bytes);
  LONGS_EQUAL(1, world.loop->pipes().lent());

  world.kernel.reset_by_peer(world.client);
  world.turns();

  CHECK_TRUE(world.kernel.socket(world.server).was_reset);
}

TEST(h1_tunnel, a_server_that_resets_is_a_reset_for_the_client_behind_the_last_byte) {
  World world;
  world.warm(world.server);
  world.kernel.set_window(world.client, 0);
  world.say(world.server, bytes);
  world.kernel.reset_by_peer(world.server);
  world.turns();
  CHECK_FALSE(world.ended);

  world.kernel.set_window(world.client, SIZE_MAX);
  world.turns();

  CHECK_TRUE(world.kernel.take(world.client) == bytes);
  STRCMP_EQUAL("server-reset", world.termination.c_str());
  CHECK_TRUE(world.kernel.socket(world.client).was_reset);
}

TEST(h1_tunnel, a_server_that_resets_while_it_takes_nothing_is_a_reset_for_the_client) {
  World world;
  world.warm(world.client);
  world.kernel.set_window(world.server, 0);
  world.say(world.client, bytes);
  LONGS_EQUAL(1, world.loop->pipes().lent());

  world.kernel.reset_by_peer(world.server);
  world.turns();

  CHECK_TRUE(world.ended);
  CHECK_TRUE(world.kernel.socket(world.client).was_reset);
}

TEST(h1_tunnel, the_end_of_the_server_comes_behind_its_last_byte) {
  World world;
  world.warm(world.server);
  world.kernel.set_window(world.client, 0);
  world.say(world.server, bytes);
  world.kernel.finish(world.server);
  world.turns();
  CHECK_FALSE(world.kernel.socket(world.client).fin_out);

  world.kernel.set_window(world.client, SIZE_MAX);
  world.turns();
  CHECK_TRUE(world.kernel.take(world.client) == bytes);
  CHECK_TRUE(world.kernel.socket(world.client).fin_out);

  CHECK_EQUAL(std::string_view("late"), std::string_view(world.say(world.client, "late")));
}

TEST(h1_tunnel, the_end_of_the_client_comes_behind_its_last_byte) {
  World world;
  world.warm(world.client);
  world.kernel.set_window(world.server, 0);
  world.say(world.client, bytes);
  world.kernel.finish(world.client);
  world.turns();
  CHECK_FALSE(world.kernel.socket(world.server).fin_out);

  world.kernel.set_window(world.server, SIZE_MAX);
  world.turns();
  CHECK_TRUE(world.kernel.take(world.server) == bytes);
  CHECK_TRUE(world.kernel.socket(world.server).fin_out);

  CHECK_EQUAL(std::string_view("late"), std::string_view(world.say(world.server, "late")));
}

TEST(h1_tunnel, every_cut_gives_the_same_bytes_and_both_ends) {
  for (std::uint64_t seed = 1; seed <= 150; ++seed)
    play(seed, seed % 3);
}
