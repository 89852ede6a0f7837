// SPDX-License-Identifier: MIT
#include "net/splice.h"

#include "net/stream.h"
#include "t/lib/fake_kernel.h"
#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

using pm::net::Splice;
using pm::net::Stream;

namespace {

constexpr const char* names[] = {"copy ", "dry ", "more ", "hold ", "end ", "failed "};
constexpr std::size_t pipe_size = 4096;  // the kernel's smallest

// The user of both streams: moves what comes at the source, and goes on when the sink has room again.
class Mover final {
 public:
  struct Source final : pm::net::StreamUser {
    explicit Source(Mover& owner) : mover(&owner) {}
    void on_readable() noexcept override { mover->move(); }
    void on_drained() noexcept override { mover->heard += "source-drained "; }
    void on_hangup() noexcept override { mover->heard += "source-hangup "; }
    void on_broken() noexcept override { mover->heard += "source-broken "; }
    Mover* mover;
  };
  struct Sink final : pm::net::StreamUser {
    explicit Sink(Mover& owner) : mover(&owner) {}
    void on_readable() noexcept override {}
    void on_drained() noexcept override { mover->go_on(); }
    void on_hangup() noexcept override { mover->heard += "sink-hangup "; }
    void on_broken() noexcept override { mover->heard += "sink-broken "; }
    Mover* mover;
  };

  void move() {
    if (is_always_long) splice.note_read(Splice::long_flow);
    const Splice::Step step = splice.move(*source, *sink, budget, most);
    taken += splice.taken();
    given += splice.given();
    heard += names[static_cast<int>(step)];
    if (step != Splice::Step::dry && step != Splice::Step::more) source->pause();
  }
  void go_on() { source->resume(); }

  Source from{*this};
  Sink to{*this};
  Splice splice;
  Stream* source = nullptr;
  Stream* sink = nullptr;
  std::size_t budget = 65536;
  std::size_t most = SIZE_MAX;
  bool is_always_long = false;
  std::size_t taken = 0;
  std::size_t given = 0;
  std::string heard;
};

// No two places look alike.
std::string pattern(std::size_t size) {
  std::string bytes;
  for (int i = 0; bytes.size() < size; ++i)
    bytes += std::to_string(i) + " ";
  return bytes.substr(0, size);
}

}  // namespace

TEST_GROUP(splice) {
  pm::test::FakeKernel kernel;
  std::unique_ptr<pm::net::Loop> loop = pm::net::Loop::create_for_test(kernel);
  Mover mover;
  int from = -1;
  int to = -1;
  const std::string bytes = pattern(20000);

  void setup() override {
    loop->set_pipes(pm::net::Pipes::make({.count = 1, .size = pipe_size, .least_size = pipe_size}));
    from = kernel.add();
    to = kernel.add();
    mover.source = Stream::open(*loop, from, mover.from);
    mover.sink = Stream::open(*loop, to, mover.to);
    mover.sink->resume();
    turn();
    mover.splice.note_read(Splice::long_flow);
    mover.source->resume();
  }
  void teardown() override {
    mover.splice.drop(*loop);
    mover.source->close();
    mover.sink->close();
    turn();
    LONGS_EQUAL(0, loop->pipes().lent());
    LONGS_EQUAL(0, kernel.in_pipes());
  }
  std::string_view turn() {
    for (int i = 0; i < 6; ++i) {
      kernel.begin_turn(false);
      loop->turn();
    }
    return last_ = std::exchange(mover.heard, "");
  }
  // What comes out when splices move so many bytes at most, and the peer takes so many at a time.
  std::string carry(std::size_t most, std::size_t window) {
    kernel.limit_splices(most);
    kernel.set_window(to, window);
    kernel.deliver(from, bytes);
    kernel.finish(from);
    std::string got;
    while (true) {
      turn();
      const std::string more = kernel.take(to);
      if (more.empty()) return got;
      got += more;
    }
  }
  // One pipe's content is on its way, and the peer takes nothing.
  void block() {
    kernel.set_window(to, 0);
    kernel.deliver(from, bytes);
    CHECK_EQUAL(std::string_view("hold "), turn());
  }
  std::string last_;
};

TEST(splice, moves_every_byte_in_order_and_gives_the_pipe_back) {
  kernel.deliver(from, bytes);

  CHECK_EQUAL(std::string_view("dry "), turn());

  CHECK_TRUE(kernel.take(to) == bytes);
  LONGS_EQUAL(bytes.size(), mover.taken);
  LONGS_EQUAL(bytes.size(), mover.given);
  CHECK_TRUE(mover.sink->has_moved());
  LONGS_EQUAL(0, loop->pipes().lent());
}

TEST(splice, every_cut_gives_the_same_bytes) {
  const std::pair<std::size_t, std::size_t> cuts[] = {
      {1, 65536},    {3, 100},        {4095, 4096},    {4096, 4095}, {5000, 1},
      {7, 7},        {65536, 65536},  {100, 5},        {4097, 8192}, {1, 1},
      {2048, 12288}, {pipe_size, 10}, {10, pipe_size},
  };
  mover.is_always_long = true;
  for (const auto& [most, window] : cuts) {
    CHECK_TRUE(carry(most, window) == bytes);
    kernel.socket(from).fin_in = false;
    mover.source->resume();
  }
  LONGS_EQUAL(std::size(cuts) * bytes.size(), mover.given);
}

TEST(splice, is_for_flows_that_are_long) {
  Splice fresh;
  fresh.note_read(Splice::long_flow - Splice::long_read);
  CHECK_TRUE(fresh.move(*mover.source, *mover.sink, 1, SIZE_MAX) == Splice::Step::copy);

  fresh.note_read(Splice::long_read);

  CHECK_TRUE(fresh.move(*mover.source, *mover.sink, 1, SIZE_MAX) == Splice::Step::dry);
}

TEST(splice, a_short_read_begins_the_count_anew) {
  Splice fresh;
  fresh.note_read(Splice::long_flow - 1);

  fresh.note_read(Splice::short_read - 1);
  fresh.note_read(Splice::long_read);

  CHECK_TRUE(fresh.move(*mover.source, *mover.sink, 1, SIZE_MAX) == Splice::Step::copy);
}

TEST(splice, a_read_of_some_length_says_nothing) {
  Splice fresh;
  fresh.note_read(Splice::long_flow - Splice::long_read);

  fresh.note_read(Splice::short_read);
  CHECK_TRUE(fresh.move(*mover.source, *mover.sink, 1, SIZE_MAX) == Splice::Step::copy);
  fresh.note_read(Splice::long_read);

  CHECK_TRUE(fresh.move(*mover.source, *mover.sink, 1, SIZE_MAX) == Splice::Step::dry);
}

TEST(splice, a_flow_that_has_become_a_chat_is_copied_again) {
  for (int i = 0; i < Splice::most_short_moves / 2; ++i) {
    kernel.deliver(from, "hello");
    CHECK_EQUAL(std::string_view("more dry "), turn());
  }
  kernel.deliver(from, "hello");

  CHECK_EQUAL(std::string_view("copy "), turn());
}

TEST(splice, a_chat_that_is_never_dry_is_copied_again) {
  kernel.limit_splices(5);
  kernel.deliver(from, bytes);

  CHECK_EQUAL(std::string_view("more more more more more more more more copy "), turn());
}

TEST(splice, a_long_move_among_short_ones_goes_on) {
  for (int i = 0; i < 2 * Splice::most_short_moves; ++i) {
    kernel.deliver(from, i % 3 == 0 ? bytes : "hello");
    CHECK_FALSE(turn().starts_with("copy"));
    kernel.take(to);
  }
  CHECK_TRUE(kernel.socket(from).in.empty());
}

TEST(splice, stops_when_it_has_had_its_share_of_a_turn) {
  mover.budget = 5000;
  kernel.deliver(from, bytes);

  CHECK_EQUAL(std::string_view("more more dry "), turn());

  CHECK_TRUE(kernel.take(to) == bytes);
}

TEST(splice, what_stands_behind_the_last_byte_that_is_wanted_stays_unread) {
  mover.most = 5000;
  kernel.deliver(from, bytes.substr(0, 6000));

  mover.source->pause();
  mover.move();

  CHECK_TRUE(kernel.take(to) == bytes.substr(0, 5000));
  LONGS_EQUAL(1000, kernel.socket(from).in.size());
  CHECK_FALSE(mover.splice.is_holding());
}

TEST(splice, what_the_sink_does_not_take_stops_the_source) {
  block();

  turn();
  LONGS_EQUAL(pipe_size, mover.taken);
  LONGS_EQUAL(0, mover.given);
  LONGS_EQUAL(bytes.size() - pipe_size, kernel.socket(from).in.size());
  CHECK_TRUE(mover.sink->is_blocked());
  LONGS_EQUAL(0, mover.sink->queued());
  kernel.set_window(to, 65536);

  CHECK_EQUAL(std::string_view("dry "), turn());
  CHECK_TRUE(kernel.take(to) == bytes);
  CHECK_FALSE(mover.sink->is_blocked());
}

TEST(splice, a_blocked_direction_does_not_spin) {
  block();
  const std::uint64_t calls = kernel.calls();

  turn();

  LONGS_EQUAL(calls, kernel.calls());
}

TEST(splice, what_was_copied_goes_first) {
  kernel.set_window(to, 0);
  mover.sink->write("first ");
  kernel.deliver(from, bytes);

  CHECK_EQUAL(std::string_view("hold "), turn());
  LONGS_EQUAL(0, mover.taken);
  kernel.set_window(to, 65536);
  turn();

  CHECK_TRUE(kernel.take(to) == "first " + bytes);
}

TEST(splice, the_end_comes_behind_the_last_byte) {
  kernel.set_window(to, 0);
  kernel.deliver(from, "last");
  kernel.finish(from);
  CHECK_EQUAL(std::string_view("hold source-hangup "), turn());

  kernel.set_window(to, 65536);

  CHECK_EQUAL(std::string_view("end "), turn());
  CHECK_EQUAL(std::string_view("last"), std::string_view(kernel.take(to)));
}

TEST(splice, the_end_alone_is_an_end) {
  kernel.finish(from);

  CHECK_EQUAL(std::string_view("end "), turn());
}

TEST(splice, a_reset_of_the_source_comes_behind_what_it_had_sent) {
  kernel.set_window(to, 0);
  kernel.deliver(from, "last");
  CHECK_EQUAL(std::string_view("hold "), turn());

  kernel.reset_by_peer(from);
  CHECK_EQUAL(std::string_view("source-broken "), turn());
  kernel.set_window(to, 65536);

  CHECK_EQUAL(std::string_view("failed "), turn());
  CHECK_EQUAL(std::string_view("last"), std::string_view(kernel.take(to)));
}

TEST(splice, a_reset_of_the_source_between_two_moves_is_a_failure) {
  kernel.deliver(from, bytes);
  CHECK_EQUAL(std::string_view("dry "), turn());

  kernel.reset_by_peer(from);

  STRCMP_CONTAINS("failed ", std::string(turn()).c_str());
}

TEST(splice, a_reset_of_the_sink_frees_the_pipe) {
  block();
  mover.sink->pause();

  kernel.reset_by_peer(to);
  STRCMP_CONTAINS("sink-broken", std::string(turn()).c_str());

  LONGS_EQUAL(0, kernel.in_pipes());
  LONGS_EQUAL(0, loop->pipes().lent());
  LONGS_EQUAL(0, mover.given);
}

TEST(splice, a_sink_that_was_reset_between_two_moves_gets_nothing) {
  mover.sink->pause();
  kernel.socket(to).error = 104;  // no edge has told of it yet
  kernel.deliver(from, bytes);

  STRCMP_CONTAINS("sink-broken", std::string(turn()).c_str());

  LONGS_EQUAL(0, kernel.in_pipes());
  LONGS_EQUAL(0, mover.given);
}

TEST(splice, without_a_free_pipe_it_is_copied) {
  pm::net::Pipe* const only = loop->pipes().take();
  kernel.deliver(from, bytes);
  CHECK_EQUAL(std::string_view("copy "), turn());

  loop->pipes().give(only);
  mover.source->resume();

  CHECK_EQUAL(std::string_view("dry "), turn());
  CHECK_TRUE(kernel.take(to) == bytes);
}

TEST(splice, what_is_dropped_is_lost_and_the_pipe_is_empty) {
  block();

  mover.splice.drop(*loop);

  LONGS_EQUAL(0, kernel.in_pipes());
  LONGS_EQUAL(0, loop->pipes().lent());
}
