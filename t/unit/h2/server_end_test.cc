// SPDX-License-Identifier: MIT
// How exchanges and connections come to their end: early, late, orderly, cut.
#include "h2/server.h"
#include "t/lib/h2_checks.h"

#include <string>

using namespace pm;
using namespace pm::test;
using When = Served::When;

TEST_GROUP_BASE(h2_server_end, H2ServerChecks){};

// ---- ends -------------------------------------------------------------------------------------------------------------

TEST(h2_server_end, an_early_answer_tells_the_client_to_stop_sending) {
  H2ServerTrial trial;

  trial.post("some", false);

  check_story(trial, "200 done end reset 0");
  check_idle(trial);
}

TEST(h2_server_end, what_a_client_resets_is_cancelled_and_counted_as_499) {
  H2ServerTrial trial(When::never);
  trial.ask();

  trial.peer.reset(1, 8);
  trial.go();

  CHECK_TRUE(trial.served().was_cancelled);
  LONGS_EQUAL(499, trial.served().trace.status);
  CHECK_EQUAL(std::string_view("client-gone"), std::string_view(trial.served().termination));
  check_idle(trial);
}

TEST(h2_server_end, a_reset_behind_the_head_of_the_answer_keeps_its_status) {
  H2ServerTrial trial(When::never);
  trial.ask();
  trial.served().begin();
  trial.served().send("some");
  trial.go();

  trial.peer.reset(1, 8);
  trial.go();

  LONGS_EQUAL(200, trial.served().trace.status);
  CHECK_EQUAL(std::string_view("client-gone"), std::string_view(trial.served().termination));
  check_idle(trial);
}

TEST(h2_server_end, an_answer_that_cannot_be_finished_is_reset) {
  H2ServerTrial trial(When::never);
  trial.ask();
  trial.served().begin();
  trial.served().send("some");
  trial.go();

  trial.served().cut();
  trial.go();

  check_story(trial, "200 some reset 2");
  check_idle(trial);
}

TEST(h2_server_end, a_request_and_its_reset_in_one_read_are_nobodys) {
  H2ServerTrial trial(When::never);
  trial.connect();

  trial.peer.ask(a_request, false);
  trial.peer.reset(1, 8);
  trial.go();

  LONGS_EQUAL(0, trial.exchanges.size());
  check_idle(trial);
}

TEST(h2_server_end, a_client_that_is_lost_cancels_all_that_runs) {
  H2ServerTrial trial(When::never);
  trial.ask();
  trial.ask();

  trial.kernel.reset_by_peer(trial.fd);
  trial.turns();

  for (const auto& served : trial.exchanges) {
    CHECK_TRUE(served->was_cancelled);
    LONGS_EQUAL(499, served->trace.status);
  }
  LONGS_EQUAL(1, trial.closings);
  LONGS_EQUAL(0, trial.lent());
}

TEST(h2_server_end, a_connection_may_be_closed_at_any_time) {
  for (const When when : {When::never, When::end, When::at_once}) {
    H2ServerTrial trial(when);
    trial.post("some", false);

    trial.server->close();
    trial.turns();

    LONGS_EQUAL(1, trial.closings);
    LONGS_EQUAL(1, trial.served().ends);
    LONGS_EQUAL(0, trial.lent());
  }
}

// ---- time -------------------------------------------------------------------------------------------------------------

TEST(h2_server_end, a_connection_that_asks_for_nothing_is_ended) {
  H2ServerTrial trial;
  trial.settings.read_timeout_ms = 5000;
  trial.connect();

  trial.pass(4000);
  check_goaways(trial, "");
  trial.pass(2000);

  check_over(trial, 0, 0);
}

TEST(h2_server_end, an_idle_connection_is_ended) {
  H2ServerTrial trial;
  trial.settings.idle_timeout_ms = 5000;
  trial.ask();

  trial.pass(4500);
  CHECK_TRUE(trial.is_open() && !trial.has_ended());
  for (int i = 0; i < 5; ++i)
    trial.pass(1000);

  check_goaways(trial, "1:0");
  CHECK_FALSE(trial.is_open());
}

TEST(h2_server_end, an_idle_connection_lives_on_with_each_request) {
  H2ServerTrial trial;
  trial.settings.idle_timeout_ms = 5000;

  for (int i = 0; i < 5; ++i) {
    trial.ask();
    trial.pass(4000);
  }

  check_idle(trial);
  LONGS_EQUAL(5, trial.exchanges.size());
}

TEST(h2_server_end, a_head_that_does_not_end_ends_the_connection) {
  H2ServerTrial trial;
  trial.settings.head_timeout_ms = 5000;
  trial.ask();

  trial.say(h2_frame(headers, end_stream, 3, h2_block(a_request)));
  for (int i = 0; i < 6; ++i)
    trial.pass(1000);

  CHECK_TRUE(trial.has_ended());
  CHECK_TRUE(trial.peer.goaways.ends_with(":11"));
}

TEST(h2_server_end, a_body_that_does_not_end_is_answered_504) {
  H2ServerTrial trial(When::end);
  trial.settings.read_timeout_ms = 5000;
  trial.post("some", false);

  for (int i = 0; i < 7; ++i)
    trial.pass(1000);

  CHECK_TRUE(trial.story(1).starts_with("504 "));
  CHECK_TRUE(trial.served().was_cancelled);
  CHECK_EQUAL(std::string_view("client-body-timeout"),
              std::string_view(trial.served().termination));
  check_idle(trial);
}

TEST(h2_server_end, a_body_that_does_not_end_cuts_an_answer_that_has_begun) {
  H2ServerTrial trial(When::never);
  trial.settings.read_timeout_ms = 5000;
  trial.post("some", false);
  trial.served().begin();
  trial.served().send("part");

  for (int i = 0; i < 7; ++i)
    trial.pass(1000);

  check_story(trial, "200 part reset 2");
  check_idle(trial);
}

TEST(h2_server_end, an_answer_has_its_time) {
  H2ServerTrial trial(When::never);
  trial.settings.write_timeout_ms = 5000;
  trial.ask();
  trial.pass(20000);
  trial.served().begin();

  for (int i = 0; i < 7; ++i) {
    if (trial.served().exchange != nullptr) trial.served().send("x");
    trial.pass(1000);
  }

  CHECK_TRUE(trial.story(1).ends_with("reset 2"));
  CHECK_EQUAL(std::string_view("write-timeout"), std::string_view(trial.served().termination));
  check_idle(trial);
}

TEST(h2_server_end, a_client_that_takes_nothing_loses_the_stream) {
  H2ServerTrial trial(When::never);
  trial.settings.stall_timeout_ms = 5000;
  trial.peer.gives_windows = false;
  trial.ask();
  trial.served().begin();
  trial.served().send(std::string(100000, 'x'));

  for (int i = 0; i < 8; ++i)
    trial.pass(1000);

  CHECK_TRUE(trial.story(1).ends_with("reset 2"));
  CHECK_EQUAL(std::string_view("client-stalled"), std::string_view(trial.served().termination));
  check_idle(trial);
}

TEST(h2_server_end, a_source_that_is_slow_is_no_stall) {
  H2ServerTrial trial(When::never);
  trial.settings.stall_timeout_ms = 5000;
  trial.ask();
  trial.served().begin();
  trial.served().send("x");

  for (int i = 0; i < 20; ++i)
    trial.pass(1000);
  trial.served().send(std::string(30000, 'x'));
  trial.pass(1000);
  trial.served().end();
  trial.go();

  check_story(trial, "200 [30001] end");
  check_idle(trial);
}

TEST(h2_server_end, a_socket_that_takes_nothing_is_closed) {
  H2ServerTrial trial(When::never);
  trial.settings.stall_timeout_ms = 5000;
  trial.ask();
  trial.kernel.set_window(trial.fd, 0);
  trial.served().begin();
  trial.served().send(std::string(30000, 'x'));

  for (int i = 0; i < 10; ++i) {
    trial.kernel.pass(1000);
    trial.loop->tick();
    trial.turns();
  }

  LONGS_EQUAL(1, trial.closings);
  LONGS_EQUAL(1, trial.served().ends);
  LONGS_EQUAL(0, trial.lent());
}

// ---- leaving ----------------------------------------------------------------------------------------------------------

TEST(h2_server_end, draining_tells_twice_and_ends_with_the_last_stream) {
  H2ServerTrial trial(When::never);
  trial.ask();

  trial.server->drain();
  trial.go();
  check_goaways(trial, "2147483647:0 1:0");
  LONGS_EQUAL(1, trial.peer.pings);
  CHECK_FALSE(trial.has_ended());

  trial.served().answer("done");
  trial.go();

  check_story(trial, "200 done end");
  CHECK_TRUE(trial.has_ended());
  trial.pass(2000);
  CHECK_FALSE(trial.is_open());
  LONGS_EQUAL(0, trial.lent());
}

TEST(h2_server_end, a_stream_that_was_on_its_way_is_served_while_draining) {
  H2ServerTrial trial;
  trial.connect();
  trial.peer.answers_pings = false;
  trial.server->drain();
  trial.go();

  trial.ask();
  check_story(trial, "200 done end");
  trial.pass(1200);

  check_goaways(trial, "2147483647:0 1:0");
  trial.pass(2000);
  CHECK_FALSE(trial.is_open());
}

TEST(h2_server_end, a_stream_behind_the_last_one_is_not_served) {
  H2ServerTrial trial(When::never);
  trial.ask();
  trial.server->drain();
  trial.go();

  trial.ask();

  LONGS_EQUAL(1, trial.exchanges.size());
  check_story(trial, "", 3);
}

TEST(h2_server_end, the_last_allowed_request_begins_the_draining) {
  H2ServerTrial trial;
  trial.settings.max_requests = 2;

  trial.ask();
  check_goaways(trial, "");
  trial.ask();

  check_goaways(trial, "2147483647:0 3:0");
  check_story(trial, "200 done end", 3);
  CHECK_TRUE(trial.has_ended());
}

TEST(h2_server_end, an_old_connection_is_drained) {
  H2ServerTrial trial;
  trial.settings.max_age_ms = 5000;
  trial.ask();

  for (int i = 0; i < 6; ++i)
    trial.pass(1000);

  check_goaways(trial, "2147483647:0 1:0");
  CHECK_TRUE(trial.has_ended());
}

TEST(h2_server_end, a_worker_that_drains_ends_idle_connections) {
  H2ServerTrial trial;
  trial.ask();

  trial.server->close_if_idle();
  trial.go();

  check_over(trial, 1, 0);
}

TEST(h2_server_end, what_comes_while_it_lingers_is_thrown_away) {
  H2ServerTrial trial;
  trial.ask();
  trial.server->close_if_idle();
  trial.go();

  for (int i = 0; i < 10; ++i)
    trial.say(std::string(60000, 'x'));

  CHECK_FALSE(trial.is_open());
  LONGS_EQUAL(1, trial.closings);
}

// Frames of 16 KiB in a send of 192: what the library had prepared and could not bring out was a frame of a stream without bytes.
TEST(h2_server_end, a_stream_may_end_between_two_sends_of_one_flush) {
  H2ServerTrial trial(When::never);
  trial.peer.setting(4, 1 << 20);
  trial.peer.window(0, 1 << 24);
  for (int i = 0; i < 8; ++i)
    trial.ask();
  trial.kernel.set_window(trial.fd, 1000);
  for (std::size_t i = 0; i < 8; ++i) {
    trial.served(i).begin();
    trial.served(i).send(std::string(60000, 'x'));
  }
  trial.turns();

  for (std::size_t i = 0; i < 8; ++i)
    trial.served(i).cut();
  trial.go();

  for (std::uint32_t stream = 1; stream < 16; stream += 2)
    CHECK_TRUE(trial.story(stream).ends_with("reset 2"));
  check_idle(trial);
}
