// SPDX-License-Identifier: MIT
#include "net/relay.h"

#include "net/stream.h"
#include "t/lib/fake_kernel.h"
#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

#include <memory>
#include <string>
#include <utility>

using pm::net::Relay;
using pm::net::Stream;

namespace {

constexpr const char* names[] = {"copy ", "dry ", "more ", "hold ", "end ", "failed "};

// Hands every byte on, as it is.
class Glass final : public pm::net::Layer {
 public:
  explicit Glass(Stream*& stream) : stream_(&stream) {}
  pm::net::Got read(char* to, std::size_t room) noexcept override {
    return (*stream_)->receive(to, room);
  }
  pm::Flow write(const iovec* pieces, int count) noexcept override {
    std::size_t size = 0;
    for (int i = 0; i < count; ++i)
      size += pieces[i].iov_len;
    return (*stream_)->send(pieces, count, size);
  }
  bool at_end() noexcept override { return false; }
  void finish() noexcept override {}

 private:
  Stream** stream_;
};

class End final : public pm::net::StreamUser {
 public:
  std::string* heard = nullptr;
  Stream* stream = nullptr;
  End* other = nullptr;
  Relay relay;
  std::size_t taken = 0;
  std::size_t given = 0;

 private:
  void on_readable() noexcept override {
    const Relay::Step step = relay.move(*stream, *other->stream, 300000);
    taken += relay.taken();
    given += relay.given();
    *heard += names[static_cast<int>(step)];
    if (step != Relay::Step::dry && step != Relay::Step::more) stream->pause();
  }
  void on_drained() noexcept override { other->stream->resume(); }
  void on_hangup() noexcept override { *heard += "hangup "; }
  void on_broken() noexcept override { *heard += "broken "; }
};

}  // namespace

TEST_GROUP(relay) {
  pm::test::FakeKernel kernel;
  std::unique_ptr<pm::net::Loop> loop = pm::net::Loop::create_for_test(kernel);
  std::string heard;
  End client;
  End server;
  int from = -1;
  int to = -1;

  void setup() override {
    loop->set_pipes(pm::net::Pipes::make({.count = 1, .size = 65536, .least_size = 65536}));
    from = kernel.add();
    to = kernel.add();
    client.stream = Stream::open(*loop, from, client);
    server.stream = Stream::open(*loop, to, server);
    client.other = &server, server.other = &client;
    client.heard = server.heard = &heard;
    client.stream->resume(), server.stream->resume();
    turn();
  }
  void teardown() override {
    client.relay.drop(*loop), server.relay.drop(*loop);
    client.stream->close(), server.stream->close();
    turn();
    LONGS_EQUAL(0, loop->pipes().lent());
    LONGS_EQUAL(0, loop->pools().small.lent());
  }
  std::string_view turn() {
    kernel.begin_turn(false);
    loop->turn();
    return last_ = std::exchange(heard, "");
  }
  std::string last_;
};

TEST(relay, a_chat_is_copied) {
  kernel.deliver(from, "hello");
  CHECK_EQUAL(std::string_view("more "), turn());

  CHECK_EQUAL(std::string_view("hello"), std::string_view(kernel.take(to)));
  LONGS_EQUAL(5, client.taken);
  LONGS_EQUAL(5, client.given);
}

TEST(relay, both_directions_of_one_pass_arrive) {
  kernel.deliver(from, "ping");
  kernel.deliver(to, "pong");

  CHECK_EQUAL(std::string_view("more more "), turn());

  CHECK_EQUAL(std::string_view("ping"), std::string_view(kernel.take(to)));
  CHECK_EQUAL(std::string_view("pong"), std::string_view(kernel.take(from)));
}

TEST(relay, what_the_sink_does_not_take_stops_the_source) {
  kernel.set_window(to, 2);
  kernel.deliver(from, "hello");
  CHECK_EQUAL(std::string_view("hold "), turn());
  kernel.deliver(from, " world");
  CHECK_EQUAL(std::string_view(""), turn());

  std::string got;
  while (got.size() < 11) {
    got += kernel.take(to);
    turn();
  }

  CHECK_EQUAL(std::string_view("hello world"), std::string_view(got));
  LONGS_EQUAL(11, client.given);
}

TEST(relay, a_long_flow_is_spliced_in_order) {
  const std::string bytes(1000000, 'x');
  std::string got;
  kernel.set_window(to, 1000000);

  for (std::size_t at = 0; at < bytes.size(); at += 100000) {
    kernel.deliver(from, bytes.substr(at, 100000));
    turn();
    turn();
    got += kernel.take(to);
  }

  CHECK_TRUE(got == bytes);
  LONGS_EQUAL(bytes.size(), client.given);
  CHECK_TRUE(kernel.spliced() > 0);
}

TEST(relay, a_stream_behind_a_layer_is_copied_however_long_the_flow) {
  client.stream->set_layer(std::make_unique<Glass>(client.stream));
  kernel.set_window(to, 2000000);
  kernel.deliver(from, std::string(1000000, 'x'));

  for (int i = 0; i < 10; ++i)
    turn();

  LONGS_EQUAL(1000000, kernel.take(to).size());
  LONGS_EQUAL(0, kernel.spliced());
}

TEST(relay, the_end_comes_behind_the_last_byte) {
  kernel.deliver(from, "last");
  kernel.finish(from);

  CHECK_EQUAL(std::string_view("end "), turn());

  CHECK_EQUAL(std::string_view("last"), std::string_view(kernel.take(to)));
}

TEST(relay, a_reset_is_a_failure) {
  kernel.reset_by_peer(from);

  STRCMP_CONTAINS("failed ", std::string(turn()).c_str());
}
