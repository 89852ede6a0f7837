// SPDX-License-Identifier: MIT
// A Server and a Client back to back: long bodies of answers that the kernel moves past both.
#include "t/lib/choices.h"
#include "t/lib/h1_pair.h"
#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

#include <algorithm>
#include <string>

namespace {

constexpr std::size_t pipe_size = 65536;
constexpr std::string_view get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

class World final : public pm::test::Pair {
 public:
  explicit World(std::size_t pipes = 2) : Pair(pipes, pipe_size) {}
  // What the client gets for a request that the server answers so.
  std::string ask(std::string_view answer, std::string_view request = get) {
    kernel.deliver(client, request);
    turns();
    kernel.take(server);
    kernel.deliver(server, answer);
    turns();
    return kernel.take(client);
  }
};

// No two places look alike.
std::string pattern(std::size_t size) {
  std::string bytes;
  for (int i = 0; bytes.size() < size; ++i)
    bytes += std::to_string(i) + " ";
  return bytes.substr(0, size);
}

std::string head(std::size_t length) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(length) + "\r\n\r\n";
}

// Of an answer, what stands behind its head.
std::string body_of(const std::string& answer) {
  const std::size_t at = answer.find("\r\n\r\n");
  return at == std::string::npos ? std::string() : answer.substr(at + 4);
}

}  // namespace

TEST_GROUP(h1_long_body) {
  const std::string bytes = pattern(300000);
};

TEST(h1_long_body, comes_whole_and_the_connection_is_kept) {
  World world;

  for (int i = 0; i < 3; ++i) {
    CHECK_TRUE(body_of(world.ask(head(bytes.size()) + bytes)) == bytes);
    CHECK_TRUE(world.idle != nullptr);
    LONGS_EQUAL(bytes.size(), world.trace.response_bytes);
    LONGS_EQUAL(bytes.size(), world.trace.origin_bytes);
  }

  LONGS_EQUAL(1, world.opened);
  CHECK_TRUE(world.kernel.spliced() > 2 * bytes.size());
}

TEST(h1_long_body, short_answers_behind_a_long_one_come_whole) {
  World world;
  world.ask(head(bytes.size()) + bytes);

  for (const std::size_t size : {0, 1, 4000, 131071, 131072, 3})
    CHECK_TRUE(body_of(world.ask(head(size) + bytes.substr(0, size))) == bytes.substr(0, size));
}

TEST(h1_long_body, a_shorter_answer_behind_it_is_not_spliced) {
  World world;
  world.ask(head(bytes.size()) + bytes);
  const std::uint64_t before = world.kernel.spliced();

  std::string got = world.ask(head(100000));
  world.kernel.deliver(world.server, bytes.substr(0, 100000));
  world.turns();
  got += world.kernel.take(world.client);

  CHECK_TRUE(body_of(got) == bytes.substr(0, 100000));
  LONGS_EQUAL(before, world.kernel.spliced());
}

TEST(h1_long_body, what_a_middleman_would_have_to_see_is_not_moved_past_him) {
  World world;
  const std::uint64_t before = world.kernel.spliced();

  world.ask("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n186A0\r\n" +
            bytes.substr(0, 100000) + "\r\n0\r\n\r\n");
  world.ask(head(bytes.size()), "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");

  LONGS_EQUAL(before, world.kernel.spliced());
  LONGS_EQUAL(2, world.ended);
}

TEST(h1_long_body, without_pipes_it_is_copied) {
  World world(0);

  CHECK_TRUE(body_of(world.ask(head(bytes.size()) + bytes)) == bytes);
  CHECK_TRUE(body_of(world.ask(head(bytes.size()) + bytes)) == bytes);

  LONGS_EQUAL(0, world.kernel.spliced());
}

TEST(h1_long_body, bytes_behind_it_end_the_connection_and_reach_nobody) {
  World world;

  CHECK_TRUE(body_of(world.ask(head(bytes.size()) + bytes + "HTTP/1.1 200 OK\r\n\r\n")) == bytes);

  POINTERS_EQUAL(nullptr, world.idle);
  CHECK_FALSE(world.kernel.socket(world.server).open);
}

TEST(h1_long_body, one_that_is_cut_is_seen_as_cut_behind_what_came) {
  World world;
  world.kernel.deliver(world.client, get);
  world.turns();
  world.kernel.deliver(world.server, head(bytes.size()) + bytes.substr(0, 200000));
  world.kernel.finish(world.server);
  world.turns();

  CHECK_TRUE(body_of(world.kernel.take(world.client)) == bytes.substr(0, 200000));
  POINTERS_EQUAL(nullptr, world.end);
  CHECK_FALSE(world.termination.empty());
}

TEST(h1_long_body, a_client_that_takes_nothing_stops_the_server_and_is_cut_in_the_end) {
  World world;
  world.kernel.set_window(world.client, 100000);
  world.ask(head(bytes.size()) + bytes);
  world.kernel.set_window(world.client, 0);
  world.turns();
  CHECK_TRUE(world.kernel.socket(world.server).in.size() > 100000);

  world.pass(world.entry.settings.stall_timeout_ms + 200);
  world.pass(world.entry.settings.stall_timeout_ms + 200);

  STRCMP_EQUAL("client-stalled", world.termination.c_str());
  CHECK_TRUE(world.trace.response_bytes > 99000 && world.trace.response_bytes < 100000);
}

TEST(h1_long_body, a_client_that_leaves_ends_it) {
  World world;
  world.kernel.set_window(world.client, 100000);
  world.kernel.deliver(world.client, get);
  world.turns();
  world.kernel.deliver(world.server, head(bytes.size()) + bytes);
  world.turns();

  world.kernel.reset_by_peer(world.client);
  world.turns();

  LONGS_EQUAL(1, world.ended);
  CHECK_FALSE(world.kernel.socket(world.server).open);
}

TEST(h1_long_body, every_cut_gives_the_same_bytes) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    pm::test::Choices choices(seed);
    World world(seed % 3);
    world.kernel.limit_splices(1 + choices.below(100000));
    for (int round = 0; round < 3; ++round) {
      const std::size_t size = choices.one_in(4) ? choices.below(60000) : choices.below(300000);
      const std::string answer = head(size) + bytes.substr(0, size);
      world.kernel.deliver(world.client, get);
      world.turns();
      world.kernel.take(world.server);
      std::string heard;
      for (std::size_t said = 0, idle = 0; idle < 50; ++idle) {
        const std::size_t part = std::min(choices.below(70000), answer.size() - said);
        if (part > 0)
          world.kernel.deliver(world.server, std::string_view(answer).substr(said, part));
        said += part;
        world.kernel.set_window(world.client, choices.one_in(4) ? 0 : 1 + choices.below(90000));
        world.turns(1);
        const std::string more = world.kernel.take(world.client, choices.below(90000));
        heard += more;
        if (!more.empty() || part > 0) idle = 0;
      }
      world.kernel.set_window(world.client, SIZE_MAX);
      world.turns();
      heard += world.kernel.take(world.client);
      CHECK_TRUE(body_of(heard) == bytes.substr(0, size));
    }
    LONGS_EQUAL(1, world.opened);
  }
}
