// SPDX-License-Identifier: MIT
// What a client may do wrong, what it costs it, and what it costs us. RFC 9113 section 5.4, security.md section 4.
#include "h2/server.h"
#include "t/lib/h2_checks.h"

#include <string>

using namespace pm;
using namespace pm::test;
using When = Served::When;

namespace {

std::string in_parts(int count, const std::string& block) {
  const std::size_t part = block.size() / static_cast<std::size_t>(count);
  std::string bytes = h2_frame(headers, end_stream, 1, block.substr(0, part));
  for (int i = 1; i < count; ++i)
    bytes += h2_frame(more, 0, 1, block.substr(static_cast<std::size_t>(i) * part, part));
  return bytes +
         h2_frame(more, end_headers, 1, block.substr(static_cast<std::size_t>(count) * part));
}

}  // namespace

TEST_GROUP_BASE(h2_server_fault, H2ServerChecks){};

// ---- faults -----------------------------------------------------------------------------------------------------------

TEST(h2_server_fault, a_malformed_request_is_reset_and_the_connection_goes_on) {
  H2ServerTrial trial;

  trial.ask({{"connection", "close"}});
  trial.ask({{"te", "gzip"}});
  trial.ask();

  check_story(trial, "reset 1", 1);
  check_story(trial, "reset 1", 3);
  check_story(trial, "200 done end", 5);
  LONGS_EQUAL(1, trial.exchanges.size());
  check_idle(trial);
}

TEST(h2_server_fault, a_request_that_is_too_large_is_answered_without_a_service) {
  H2ServerTrial trial;
  trial.settings.limits = {.max_bytes = 1000, .max_line = 10, .max_fields = 2};

  trial.ask({{"a", std::string(1000, 'x')}});
  trial.ask({{"a", ""}, {"b", ""}, {"c", ""}});
  trial.ask({{"expect", "x"}});
  const auto long_path = trial.peer.ask(
      {{":method", "GET"}, {":scheme", "http"}, {":path", "/0123456789"}, {":authority", "a"}});
  trial.go();

  CHECK_TRUE(trial.story(1).starts_with("431 "));
  CHECK_TRUE(trial.story(3).starts_with("431 "));
  CHECK_TRUE(trial.story(5).starts_with("417 "));
  CHECK_TRUE(trial.story(long_path).starts_with("414 "));
  LONGS_EQUAL(0, trial.exchanges.size());
  check_idle(trial);
}

TEST(h2_server_fault, a_flood_of_fields_ends_the_connection) {
  H2ServerTrial trial;
  trial.settings.limits.max_bytes = 1000;

  trial.ask({{"a", std::string(9000, 'x')}});

  check_over(trial, 1, enhance_your_calm);
}

TEST(h2_server_fault, a_head_in_several_continuations_is_one_head) {
  H2ServerTrial trial;
  trial.connect();

  trial.say(in_parts(8, h2_block(a_request)));

  check_story(trial, "200 done end");
  check_idle(trial);
}

TEST(h2_server_fault, a_head_in_many_continuations_ends_the_connection) {
  H2ServerTrial trial;
  trial.connect();

  trial.say(in_parts(20, h2_block(a_request)));

  CHECK_TRUE(trial.has_ended());
  LONGS_EQUAL(0, trial.exchanges.size());
  LONGS_EQUAL(0, trial.lent());
}

TEST(h2_server_fault, continuations_without_an_end_end_the_connection) {
  H2ServerTrial trial;
  trial.settings.limits.max_bytes = 20000;
  trial.connect();

  trial.say(h2_frame(headers, end_stream, 1, h2_block(a_request)));
  for (int i = 0; i < 100 && !trial.has_ended(); ++i)
    trial.say(h2_frame(more, 0, 1, h2_block({{"a", std::string(2000, 'x')}})));

  CHECK_TRUE(trial.has_ended());
  LONGS_EQUAL(0, trial.lent());
}

TEST(h2_server_fault, empty_continuations_spend_the_budget) {
  H2ServerTrial trial;
  trial.settings.session.glitch_burst = 50;
  trial.connect();

  std::string bytes = h2_frame(headers, end_stream, 1, h2_block(a_request));
  for (int i = 0; i < 60; ++i)
    bytes += h2_frame(more, 0, 1);
  trial.say(bytes);

  CHECK_TRUE(trial.has_ended());
  LONGS_EQUAL(0, trial.exchanges.size());
}

TEST(h2_server_fault, each_odd_thing_spends_the_budget) {
  const std::string odd[]{
      h2_frame(ping, 0, 0, "12345678"),
      h2_frame(settings, 0, 0),
      h2_frame(priority, 0, 3, h2_number(0) + "\x10"),
      h2_frame(data, 0, 1),
  };
  for (const std::string& frame : odd) {
    H2ServerTrial trial(When::never);
    trial.settings.session.glitch_burst = 20;
    trial.settings.session.glitch_rate = 0;
    trial.ask({}, "POST", false);
    std::string many;
    for (int i = 0; i < 30; ++i)
      many += frame;

    trial.say(many);

    check_over(trial, 1, enhance_your_calm);
  }
}

TEST(h2_server_fault, streams_that_are_begun_and_reset_spend_the_budget) {
  H2ServerTrial trial(When::never);
  trial.settings.session.glitch_burst = 20;
  trial.connect();

  for (int i = 0; i < 30 && !trial.has_ended(); ++i) {
    trial.peer.reset(trial.peer.ask(a_request, false), 8);
    trial.go();
  }

  CHECK_TRUE(trial.has_ended());
  CHECK(trial.peer.goaways.ends_with(":11"));
  LONGS_EQUAL(0, trial.lent());
}

TEST(h2_server_fault, frames_that_break_the_rules_end_the_connection) {
  struct Case {
    std::string bytes;
    std::uint32_t code;
  };
  const Case cases[]{
      {h2_frame(priority, 0, 3, "abcd"), frame_size_error},
      {h2_frame(priority, 0, 0, h2_number(3) + "x"), protocol_error},
      {h2_frame(priority, 0, 3, h2_number(3) + "x"), protocol_error},
      {h2_frame(data, 0, 0, "x"), protocol_error},
      {h2_frame(data, 0, 5, "x"), protocol_error},
      {h2_frame(headers, end_headers, 2, h2_block(a_request)), protocol_error},
      {h2_frame(headers, end_headers, 0, h2_block(a_request)), protocol_error},
      {h2_frame(headers, end_headers, 1, "\xff\xff\xff\xff\xff\xff"), 9},
      {h2_frame(push, end_headers, 1, h2_number(2)), protocol_error},
      {h2_frame(more, end_headers, 1), protocol_error},
      {h2_frame(window, 0, 0, h2_number(0)), protocol_error},
      {h2_frame(window, 0, 0, h2_number(0x7fffffff)), 3},
      {h2_frame(ping, 0, 0, "1"), frame_size_error},
      {h2_frame(settings, 0, 0, "1"), frame_size_error},
      {h2_frame(settings, 0, 0, std::string("\0\2\0\0\0\2", 6)), protocol_error},
      {h2_frame(settings, 0, 0, std::string("\0\4\xff\xff\xff\xff", 6)), 3},
      {std::string("\0\x40\1\0\0\0\0\0\1", 9) + std::string(16385, 'x'), frame_size_error},
  };
  for (const Case& each : cases) {
    H2ServerTrial trial(When::never);
    trial.ask({}, "POST", false);

    trial.say(each.bytes);

    check_over(trial, 1, each.code);
  }
}

TEST(h2_server_fault, bytes_that_are_not_the_preface_end_the_connection) {
  H2ServerTrial trial;
  trial.peer.say = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

  trial.connect();
  trial.go();

  check_over(trial, 0, protocol_error);
}

TEST(h2_server_fault, data_behind_the_end_of_its_stream_is_no_ones) {
  H2ServerTrial trial(When::never);
  trial.post("abc");

  trial.say(h2_frame(data, 0, 1, "more"));

  CHECK_TRUE(trial.story(1) == "reset 5" || !trial.peer.goaways.empty());
  CHECK_EQUAL(std::string_view("abc"), std::string_view(trial.served().body));
}

TEST(h2_server_fault, a_body_of_another_length_than_was_said_is_reset) {
  for (const std::string_view body : {"abc", "abcdefgh"}) {
    H2ServerTrial trial(When::end);
    const std::uint32_t stream = trial.ask({{"content-length", "5"}}, "POST", false);

    trial.peer.body(stream, body);
    trial.go();

    check_story(trial, "reset 1");
    CHECK_FALSE(trial.served().request_ended);
    check_idle(trial);
  }
}

TEST(h2_server_fault, bad_trailers_are_no_end_of_a_request) {
  H2ServerTrial trial(When::end);
  const std::uint32_t stream = trial.post("body", false);

  trial.peer.head(stream, {{"x-bad", "a\nb"}}, true);
  trial.go();

  check_story(trial, "reset 1");
  CHECK_FALSE(trial.served().request_ended);
  CHECK_TRUE(trial.served().was_cancelled);
  check_idle(trial);
}

// RFC 9113 section 5.1.2 asks for an error of the stream; the library takes the freedom of section 5.4.2 to make it one of the
// connection, since the client has confirmed the limit.
TEST(h2_server_fault, more_streams_than_allowed_end_the_connection) {
  H2ServerTrial trial(When::never);
  trial.settings.max_streams = 2;

  for (int i = 0; i < 3; ++i)
    trial.ask();

  LONGS_EQUAL(2, trial.exchanges.size());
  CHECK_TRUE(trial.peer.goaways.ends_with(":1"));
  CHECK_TRUE(trial.has_ended());
}

// ---- memory -----------------------------------------------------------------------------------------------------------

TEST(h2_server_fault, a_client_pins_no_more_than_its_windows) {
  H2ServerTrial trial(When::never);
  trial.wants_body = false;
  trial.connect();
  for (int i = 0; i < 250; ++i) {
    const std::uint32_t stream = trial.peer.ask(a_request, false);
    trial.peer.body(stream, std::string(65535, 'x'));
  }
  trial.go();

  const auto& pools = trial.loop->pools();
  const std::size_t pinned =
      pools.small.lent() * pools.small.block_size() + pools.large.lent() * pools.large.block_size();
  CHECK(pinned <= (1 << 20) + 250 * 16384);
  LONGS_EQUAL(0, trial.peer.window_of(0));
}

TEST(h2_server_fault, a_client_that_reads_nothing_gets_to_ask_for_no_more) {
  H2ServerTrial trial;
  trial.settings.session.glitch_burst = 100000;
  trial.connect();
  trial.kernel.set_window(trial.fd, 0);
  std::string pings;
  for (int i = 0; i < 5000; ++i)
    pings += h2_frame(ping, 0, 0, "12345678");

  for (int i = 0; i < 10; ++i) {
    trial.kernel.deliver(trial.fd, pings);
    trial.turns();
  }

  CHECK(!trial.is_open() || trial.has_ended() || trial.kernel.socket(trial.fd).in.size() > 0);
}

TEST(h2_server_fault, a_malformed_head_leaves_no_clock_running) {
  const H2Fields faults[]{{{"connection", "close"}},
                          {{"A", "b"}},
                          {{"a", "b\nc"}},
                          {{":late", "x"}},
                          {{"content-length", "x"}}};
  for (const H2Fields& fault : faults) {
    H2ServerTrial trial(When::never);
    trial.settings.head_timeout_ms = 5000;
    trial.ask();
    trial.ask(fault, "POST", false);
    CHECK_TRUE(trial.story(3).starts_with("reset"));

    for (int i = 0; i < 8; ++i)
      trial.pass(1000);

    check_goaways(trial, "");
    check_story(trial, "");
  }
}

// RFC 9113 section 5.1: what was under way when we reset a stream is passed over.
TEST(h2_server_fault, what_comes_for_a_stream_that_we_have_reset_is_nobodys) {
  H2ServerTrial trial;
  const std::uint32_t stream = trial.post("some", false);
  check_story(trial, "200 done end reset 0");

  trial.say(h2_frame(data, 0, stream, "more"));
  trial.peer.head(stream, {{"x-sum", "1"}}, true);
  trial.go();
  trial.ask();

  check_story(trial, "200 done end", 3);
  check_idle(trial);
}

TEST(h2_server_fault, a_head_for_a_stream_that_has_ended_ends_the_connection) {
  H2ServerTrial trial;
  trial.ask();
  trial.ask();

  trial.peer.head(1, a_request, true);
  trial.go();

  check_over(trial, 3, 5);
}
