// SPDX-License-Identifier: MIT
#include "net/stream.h"

#include "t/lib/fake_kernel.h"
#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

#include <cerrno>
#include <functional>
#include <memory>
#include <string>

using pm::Flow;
using pm::net::Got;
using pm::net::Io;
using pm::net::Stream;

namespace {

// Writes down what it hears; reads at most `room` bytes a call.
class Listener final : public pm::net::StreamUser {
 public:
  std::string heard;
  std::string bytes;
  std::size_t room = 100;
  Stream* stream = nullptr;
  std::function<void()> on_bytes = [] {
  };

 private:
  void on_readable() noexcept override {
    char buffer[1000];
    const Got got = stream->read(buffer, room);
    if (got.status == Io::ok) {
      bytes.append(buffer, got.size);
      heard += "read ";
      return on_bytes();
    }
    heard += got.status == Io::end ? "end " : got.status == Io::failed ? "failed " : "nothing ";
  }
  void on_drained() noexcept override { heard += "drained "; }
  void on_hangup() noexcept override { heard += "hangup "; }
  void on_broken() noexcept override { heard += "broken "; }
};

}  // namespace

TEST_GROUP(stream) {
  pm::test::FakeKernel kernel;
  std::unique_ptr<pm::net::Loop> loop = pm::net::Loop::create_for_test(kernel);
  Listener user;
  Stream* stream = nullptr;
  int fd = -1;

  void setup() override {
    fd = kernel.add();
    stream = user.stream = Stream::open(*loop, fd, user);
    loop->turn();
  }
  void teardown() override {
    if (stream != nullptr) stream->close();
    kernel.begin_turn(false);
    loop->turn();
  }
  // What the user has heard in the turns so far.
  std::string_view turn() {
    loop->turn();
    return last_ = std::exchange(user.heard, "");
  }
  Flow write(std::string_view text) {
    loop->gather().add(text);
    return stream->write(loop->gather());
  }
  std::string last_;
  int other_fd = -1;
};

TEST(stream, tells_of_bytes_only_while_reading_is_on) {
  kernel.deliver(fd, "abc");
  CHECK_EQUAL(std::string_view(""), turn());

  stream->resume();

  CHECK_EQUAL(std::string_view("read "), turn());
  CHECK_EQUAL(std::string_view("abc"), std::string_view(user.bytes));
}

TEST(stream, takes_a_short_read_for_the_end_of_what_is_there) {
  stream->resume();
  kernel.deliver(fd, "abc");

  CHECK_EQUAL(std::string_view("read "), turn());
  CHECK_EQUAL(std::string_view(""), turn());
}

TEST(stream, goes_on_after_a_full_read_without_a_new_edge) {
  user.room = 2;
  stream->resume();
  kernel.deliver(fd, "abcde");

  turn();
  turn();

  CHECK_EQUAL(std::string_view("abcde"), std::string_view(user.bytes));
}

TEST(stream, goes_on_after_a_pause_without_a_new_edge) {
  user.room = 2;
  user.on_bytes = [this] {
    stream->pause();
  };
  stream->resume();
  kernel.deliver(fd, "abcd");
  CHECK_EQUAL(std::string_view("read "), turn());
  CHECK_EQUAL(std::string_view(""), turn());

  stream->resume();

  CHECK_EQUAL(std::string_view("read "), turn());
}

TEST(stream, reads_on_to_the_end_when_bytes_and_the_end_come_together) {
  stream->resume();
  kernel.deliver(fd, "abc");
  kernel.finish(fd);

  turn();
  turn();

  CHECK_EQUAL(std::string_view("abc"), std::string_view(user.bytes));
  CHECK_EQUAL(std::string_view(""), turn());
}

TEST(stream, tells_of_the_end_behind_earlier_bytes) {
  stream->resume();
  kernel.deliver(fd, "abc");
  CHECK_EQUAL(std::string_view("read "), turn());

  kernel.finish(fd);

  CHECK_EQUAL(std::string_view("end "), turn());
}

TEST(stream, tells_of_a_hangup_once_while_paused) {
  kernel.finish(fd);

  CHECK_EQUAL(std::string_view("hangup "), turn());
  CHECK_EQUAL(std::string_view(""), turn());
}

TEST(stream, tells_of_a_hangup_that_was_seen_before_the_pause) {
  user.room = 2;
  user.on_bytes = [this] {
    kernel.finish(fd);
  };
  stream->resume();
  kernel.deliver(fd, "more than one turn reads");
  loop->turn();
  user.heard.clear();

  stream->pause();

  CHECK_EQUAL(std::string_view("hangup "), turn());
}

TEST(stream, tells_of_a_reset_once_while_paused_and_of_no_hangup) {
  kernel.reset_by_peer(fd);

  CHECK_EQUAL(std::string_view("broken "), turn());
  CHECK_EQUAL(std::string_view(""), turn());
}

TEST(stream, a_reset_behind_bytes_is_met_by_the_reader_in_order) {
  stream->resume();
  user.room = 2;
  kernel.deliver(fd, "ab");
  kernel.reset_by_peer(fd);

  std::string heard(turn());
  heard += turn();

  CHECK_EQUAL(std::string_view("read failed "), std::string_view(heard));
}

TEST(stream, knows_whether_the_end_is_next) {
  kernel.deliver(fd, "x");
  kernel.finish(fd);
  CHECK_FALSE(stream->at_end());

  char byte = 0;
  stream->read(&byte, 1);

  CHECK_TRUE(stream->at_end());
}

TEST(stream, keeps_what_a_short_write_left_and_sends_it_when_there_is_room) {
  kernel.set_window(fd, 4);

  CHECK_TRUE(write("abcdef") == Flow::hold);
  LONGS_EQUAL(2, stream->queued());
  CHECK_EQUAL(std::string_view(""), turn());
  CHECK_EQUAL(std::string_view("abcd"), std::string_view(kernel.take(fd)));

  CHECK_EQUAL(std::string_view("drained "), turn());
  CHECK_EQUAL(std::string_view("ef"), std::string_view(kernel.take(fd)));
  CHECK_EQUAL(std::string_view(""), turn());
  LONGS_EQUAL(0, loop->pools().large.lent());
}

TEST(stream, puts_what_is_written_behind_what_waits) {
  kernel.set_window(fd, 1);
  write("ab");
  CHECK_TRUE(write("cd") == Flow::hold);
  stream->write(std::string_view("ef"));

  std::string all;
  while (stream->queued() > 0 || !kernel.socket(fd).out.empty()) {
    all += kernel.take(fd);
    turn();
  }

  CHECK_EQUAL(std::string_view("abcdef"), std::string_view(all));
}

TEST(stream, an_exactly_full_window_is_no_short_write) {
  kernel.set_window(fd, 4);

  CHECK_TRUE(write("abcd") == Flow::more);
  CHECK_TRUE(write("ef") == Flow::hold);
  kernel.take(fd);

  CHECK_EQUAL(std::string_view("drained "), turn());
  CHECK_EQUAL(std::string_view("ef"), std::string_view(kernel.take(fd)));
}

TEST(stream, has_moved_once_the_kernel_has_taken_bytes_since_the_mark) {
  kernel.set_window(fd, 4);
  write("abcdef");
  CHECK_TRUE(stream->has_moved());

  stream->mark();
  turn();
  CHECK_FALSE(stream->has_moved());

  kernel.take(fd);
  turn();
  CHECK_TRUE(stream->has_moved());
}

TEST(stream, ends_its_side_only_behind_the_last_byte) {
  kernel.set_window(fd, 1);
  write("ab");
  stream->shutdown_write();
  CHECK_FALSE(kernel.socket(fd).fin_out);

  kernel.take(fd);
  turn();

  CHECK_TRUE(kernel.socket(fd).fin_out);
  CHECK_EQUAL(std::string_view("b"), std::string_view(kernel.take(fd)));
}

TEST(stream, tells_of_a_failed_write_in_a_turn_of_its_own) {
  kernel.socket(fd).error = EPIPE;

  CHECK_TRUE(write("ab") == Flow::more);
  CHECK_EQUAL(std::string_view(""), std::string_view(user.heard));

  CHECK_EQUAL(std::string_view("broken "), turn());
}

TEST(stream, a_reader_meets_a_failed_write_as_a_failed_read) {
  stream->resume();
  kernel.socket(fd).error = EPIPE;
  write("ab");

  CHECK_EQUAL(std::string_view("failed "), turn());
  CHECK_EQUAL(std::string_view(""), turn());
}

TEST(stream, a_reader_hears_of_a_failed_write_though_its_peer_is_well) {
  stream->resume();
  kernel.socket(fd).send_error = ENOMEM;
  write("ab");

  CHECK_EQUAL(std::string_view("failed "), turn());
  CHECK_EQUAL(std::string_view(""), turn());
}

TEST(stream, a_poke_calls_the_reader_of_a_silent_socket_once) {
  stream->resume();
  stream->poke();

  CHECK_EQUAL(std::string_view("nothing "), turn());
  CHECK_EQUAL(std::string_view(""), turn());
}

TEST(stream, a_poke_of_a_paused_stream_waits_for_its_reader) {
  stream->poke();
  CHECK_EQUAL(std::string_view(""), turn());

  stream->resume();

  CHECK_EQUAL(std::string_view("nothing "), turn());
}

TEST(stream, a_closed_one_hears_nothing_even_of_events_that_still_name_it) {
  kernel.begin_turn(true);
  stream->resume();
  kernel.deliver(fd, "abc");
  user.on_bytes = [this] {
    stream->close();
    // Another socket keeps the turn going, so that the kernel is asked again.
    kernel.deliver(other_fd, "x");
  };
  Listener other;
  other_fd = kernel.add();
  other.stream = Stream::open(*loop, other_fd, other);
  other.stream->resume();
  other.stream->poke();

  CHECK_EQUAL(std::string_view("read "), turn());
  stream = nullptr;
  other.stream->close();
}

TEST(stream, a_connecting_one_tells_of_its_outcome_as_drained) {
  Listener other;
  const int to = kernel.connect({});
  other.stream = Stream::open(*loop, to, other, Stream::State::connecting);
  loop->turn();
  CHECK_EQUAL(std::string_view(""), std::string_view(other.heard));

  kernel.accept_connect(to);
  loop->turn();

  CHECK_EQUAL(std::string_view("drained "), std::string_view(other.heard));
  LONGS_EQUAL(0, other.stream->connect_error());
  other.stream->close();
}

TEST(stream, a_refused_connect_is_told_as_drained_with_its_error) {
  Listener other;
  const int to = kernel.connect({});
  other.stream = Stream::open(*loop, to, other, Stream::State::connecting);

  kernel.refuse_connect(to, ECONNREFUSED);
  loop->turn();

  STRCMP_CONTAINS("drained ", other.heard.c_str());
  LONGS_EQUAL(-ECONNREFUSED, other.stream->connect_error());
  other.stream->close();
}

TEST(stream, a_kernel_that_refuses_to_watch_gets_its_socket_closed) {
  kernel.refuse_watches(true);
  Listener other;
  const int next = kernel.add();

  POINTERS_EQUAL(nullptr, Stream::open(*loop, next, other));
  CHECK_FALSE(kernel.socket(next).open);
}
