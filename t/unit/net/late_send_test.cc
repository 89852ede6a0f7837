// SPDX-License-Identifier: MIT
// What streams write while several are served in one pass of the reactor leaves at the pass's end.
#include "net/stream.h"
#include "t/lib/fake_kernel.h"
#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

#include <cerrno>
#include <functional>
#include <memory>
#include <string>
#include <vector>

using pm::Flow;
using pm::net::Stream;

namespace {

class Talker final : public pm::net::StreamUser {
 public:
  std::string heard;
  Stream* stream = nullptr;
  int fd = -1;
  std::function<void()> on_call = [] {
  };

 private:
  void on_readable() noexcept override {
    char buffer[100];
    const bool is_ok = stream->read(buffer, sizeof buffer).status == pm::net::Io::ok;
    heard += is_ok ? "read " : "failed ";
    on_call();
  }
  void on_drained() noexcept override { heard += "drained "; }
  void on_blocked() noexcept override { heard += "blocked "; }
  void on_hangup() noexcept override { heard += "hangup "; }
  void on_broken() noexcept override { heard += "broken "; }
};

}  // namespace

TEST_GROUP(late_send) {
  pm::test::FakeKernel kernel;
  std::unique_ptr<pm::net::Loop> loop = pm::net::Loop::create_for_test(kernel);
  std::vector<std::unique_ptr<Talker>> all;
  Talker& one = add();
  Talker& other = add();

  Talker& add() {
    all.push_back(std::make_unique<Talker>());
    Talker& talker = *all.back();
    talker.fd = kernel.add();
    talker.stream = Stream::open(*loop, talker.fd, talker);
    talker.stream->resume();
    return talker;
  }
  void setup() override {
    loop->turn();
  }  // new sockets are writable, and say so
  void teardown() override {
    for (const auto& talker : all)
      talker->stream->close();
    kernel.begin_turn(false);
    loop->turn();
    LONGS_EQUAL(0, loop->pools().small.lent());
  }
  // Everybody has something to read; `in_one` is what the first does then.
  void pass(std::function<void()> in_one) {
    one.on_call = std::move(in_one);
    for (const auto& talker : all)
      kernel.deliver(talker->fd, "x");
    kernel.begin_turn(true);
    loop->turn();
  }
  std::string_view out() {
    return kernel.socket(one.fd).out;
  }
};

TEST(late_send, waits_until_all_have_been_read) {
  other.on_call = [this] {
    CHECK_EQUAL(std::string_view(""), out());
  };

  pass([this] {
    CHECK_TRUE(one.stream->write("ab") == Flow::more);
    CHECK_TRUE(one.stream->write("cd") == Flow::more);
    LONGS_EQUAL(0, one.stream->queued());
    CHECK_TRUE(one.stream->has_moved());
  });

  CHECK_EQUAL(std::string_view("abcd"), out());
  CHECK_EQUAL(std::string_view("read "), std::string_view(one.heard));
}

TEST(late_send, does_not_wait_where_nobody_else_is_served) {
  one.on_call = [this] {
    one.stream->write("ab");
    CHECK_EQUAL(std::string_view("ab"), out());
  };
  kernel.deliver(one.fd, "x");

  loop->turn();

  CHECK_EQUAL(std::string_view("read "), std::string_view(one.heard));
}

TEST(late_send, a_long_write_goes_at_once_and_takes_along_what_waits) {
  const std::string text(5000, 'b');

  pass([&] {
    one.stream->write("a");
    one.stream->write(text);
    CHECK_EQUAL(std::string_view("a" + text), out());
  });
}

TEST(late_send, many_short_writes_are_no_way_around_the_limit) {
  const std::string text(1500, 'b');

  pass([&] {
    one.stream->write(text);
    one.stream->write(text);
    one.stream->write(text);
    LONGS_EQUAL(4500, out().size());
  });
}

TEST(late_send, settling_sends) {
  pass([this] {
    one.stream->write("ab");
    CHECK_TRUE(one.stream->settle());
    CHECK_EQUAL(std::string_view("ab"), out());
  });
}

TEST(late_send, the_end_of_our_side_comes_behind_what_waits) {
  pass([this] {
    one.stream->write("ab");
    one.stream->shutdown_write();
    CHECK_EQUAL(std::string_view("ab"), out());
    CHECK_TRUE(kernel.socket(one.fd).fin_out);
  });

  CHECK_EQUAL(std::string_view("read "), std::string_view(one.heard));
}

TEST(late_send, a_close_sends_first) {
  const int fd = one.fd;

  pass([this] {
    one.stream->write("ab");
    one.stream->close();
  });

  CHECK_EQUAL(std::string_view("ab"), std::string_view(kernel.socket(fd).out));
  all.erase(all.begin());
}

TEST(late_send, a_full_socket_is_told_and_so_is_its_draining) {
  kernel.set_window(one.fd, 3);
  pass([this] { CHECK_TRUE(one.stream->write("abcdef") == Flow::more); });
  LONGS_EQUAL(3, one.stream->queued());
  CHECK_TRUE(one.stream->is_blocked());

  CHECK_EQUAL(std::string_view("abc"), std::string_view(kernel.take(one.fd)));
  loop->turn();

  CHECK_EQUAL(std::string_view("def"), out());
  CHECK_EQUAL(std::string_view("read blocked drained "), std::string_view(one.heard));
}

TEST(late_send, a_failure_is_met_by_a_read_of_its_own) {
  kernel.socket(one.fd).send_error = EPIPE;

  pass([this] {
    if (!one.heard.ends_with("failed ")) one.stream->write("ab");
  });
  loop->turn();

  CHECK_EQUAL(std::string_view("read failed "), std::string_view(one.heard));
}

TEST(late_send, hundreds_that_write_in_one_pass_are_all_sent) {
  for (int i = 0; i < 300; ++i)
    add();
  for (const auto& talker : all)
    talker->on_call = [at = talker.get()] {
      at->stream->write("ab");
    };

  pass([this] { one.stream->write("ab"); });

  for (const auto& talker : all)
    CHECK_EQUAL(std::string_view("ab"), std::string_view(kernel.socket(talker->fd).out));
}
