// SPDX-License-Identifier: MIT
// What a server allows, windows both ways, and time.
#include "h2/client.h"
#include "t/lib/h2_checks.h"

#include <string>

using namespace pm;
using namespace pm::test;
using http::Outcome;

namespace {

constexpr std::uint16_t max_streams = 3;
constexpr std::uint16_t first_window = 4;

}  // namespace

TEST_GROUP_BASE(h2_client_flow, H2ClientChecks){};

// ---- what the server allows -------------------------------------------------------------------------------------------

TEST(h2_client_flow, takes_no_more_exchanges_than_the_server_allows) {
  trial.peer.setting(max_streams, 2);
  trial.connect();
  LONGS_EQUAL(2, trial.client->room());

  trial.ask();
  trial.ask();
  LONGS_EQUAL(0, trial.client->room());
  trial.rooms = 0;
  trial.answer(1);

  LONGS_EQUAL(1, trial.rooms);
  LONGS_EQUAL(1, trial.client->room());
}

TEST(h2_client_flow, hears_that_the_server_allows_more) {
  trial.peer.setting(max_streams, 1);
  trial.ask();
  LONGS_EQUAL(0, trial.client->room());

  trial.peer.setting(max_streams, 3);
  trial.go();

  CHECK(trial.rooms >= 1);
  LONGS_EQUAL(2, trial.client->room());
}

TEST(h2_client_flow, a_server_that_allows_nothing_gets_nothing) {
  trial.peer.setting(max_streams, 0);
  trial.connect();

  LONGS_EQUAL(0, trial.client->room());
  CHECK_FALSE(trial.client->is_usable());
}

// ---- bodies -----------------------------------------------------------------------------------------------------------

TEST(h2_client_flow, a_body_arrives_as_it_was_sent) {
  std::string body;
  for (int i = 0; i < 300000; ++i)
    body += static_cast<char>(i * 7 + i / 251);

  trial.post(body);

  CHECK_TRUE(trial.peer.heard(1).body == body);
  CHECK_TRUE(trial.peer.heard(1).ended);
  trial.answer(1);
}

TEST(h2_client_flow, trailers_of_a_request_end_it) {
  Asked& what = trial.post("body", false);
  what.exchange->request().trailers.append("X-Sum", "1");
  what.give("", true);
  trial.go();

  check_heard("POST body x-sum: 1 end");
}

TEST(h2_client_flow, a_body_waits_for_the_windows_of_the_server) {
  trial.peer.gives_windows = false;
  Asked& what = trial.post(std::string(300000, 'x'));
  LONGS_EQUAL(65535, trial.peer.heard(1).body.size());
  CHECK(what.sent.size() < 200000);

  trial.peer.window(0, 1 << 20);
  trial.peer.window(1, 1 << 20);
  trial.go();

  check_heard("POST [300000] end");
}

TEST(h2_client_flow, a_server_may_take_its_windows_back) {
  trial.peer.gives_windows = false;
  trial.post(std::string(100000, 'x'));

  trial.peer.setting(first_window, 1000);
  trial.peer.window(0, 1 << 20);
  trial.peer.window(1, 64535);
  trial.go();
  LONGS_EQUAL(65535, trial.peer.heard(1).body.size());
  trial.peer.window(1, 10);
  trial.go();

  LONGS_EQUAL(65545, trial.peer.heard(1).body.size());
}

TEST(h2_client_flow, a_sink_that_holds_keeps_the_window_of_its_stream_and_not_that_of_others) {
  Asked& slow = trial.ask();
  Asked& quick = trial.ask();
  slow.flow = Flow::hold;
  trial.peer.head(1, {{":status", "200"}});
  trial.peer.body(1, std::string(200000, 'x'));
  trial.go();

  LONGS_EQUAL(0, trial.peer.window_of(1));
  CHECK(slow.body.size() <= 65535);
  trial.answer(3, std::string(200000, 'y'));
  check_story("200 [200000] end", quick);

  slow.flow = Flow::more;
  slow.exchange->resume_response();
  trial.go();
  check_story("200 [200000] end", slow);
}

TEST(h2_client_flow, the_end_of_an_answer_comes_with_its_last_bytes) {
  Asked& what = trial.ask();
  what.flow = Flow::hold;
  trial.answer(1, std::string(60000, 'x'));

  check_story("200 [60000] end", what);
  LONGS_EQUAL(1, trial.idle);
}

TEST(h2_client_flow, an_early_answer_ends_the_sending) {
  Asked& what = trial.post("some", false);

  trial.answer(1);

  check_story("200 done end", what);
  check_heard("POST some reset 0");
  LONGS_EQUAL(1, trial.idle);
}

TEST(h2_client_flow, a_reset_without_an_error_behind_a_whole_answer_is_no_failure) {
  Asked& what = trial.post("some", false);

  trial.peer.head(1, {{":status", "200"}});
  trial.peer.body(1, "done");
  trial.peer.reset(1, 0);
  trial.go();

  check_story("200 done end", what);
}

TEST(h2_client_flow, a_body_that_is_to_be_expected_waits_for_100) {
  Asked& what = trial.make("POST");
  what.exchange->request().framing = http::Framing::chunked;
  what.exchange->request().expects_continue = true;
  what.give("body");
  trial.begin(what);
  trial.go();
  check_heard("POST");

  trial.peer.head(1, {{":status", "100"}});
  trial.go();

  check_heard("POST body end");
  CHECK_EQUAL(std::string_view(), std::string_view(what.statuses));
}

TEST(h2_client_flow, nobody_waits_for_100_longer_than_a_second) {
  Asked& what = trial.make("POST");
  what.exchange->request().framing = http::Framing::chunked;
  what.exchange->request().expects_continue = true;
  what.give("body");
  trial.begin(what);
  trial.go();

  trial.pass(1200);

  check_heard("POST body end");
}

TEST(h2_client_flow, nobody_who_has_left_waits_for_100) {
  trial.connect();
  trial.kernel.set_window(trial.fd, 0);
  Asked& neighbour = trial.make();
  neighbour.exchange->note_empty_request();
  trial.begin(neighbour);
  trial.turns();
  Asked& what = trial.make("POST");
  what.exchange->request().expects_continue = true;
  trial.begin(what);

  what.leave();
  trial.kernel.pass(1200);
  trial.loop->tick();
  trial.turns();
  trial.kernel.set_window(trial.fd, 65536);
  trial.go();

  CHECK_EQUAL(std::string_view(), std::string_view(what.sent));
  trial.answer(1);
  check_story("200 done end", neighbour);
}

// ---- time -------------------------------------------------------------------------------------------------------------

TEST(h2_client_flow, a_head_that_does_not_come_fails) {
  Asked& what = trial.ask(5000);

  trial.pass(4000);
  CHECK_FALSE(what.failure.has_value());
  trial.pass(1200);

  check_failed(Outcome::head_timed_out, what);
  check_heard("GET end reset 8");
  CHECK_TRUE(trial.is_open());
}

TEST(h2_client_flow, a_request_that_the_server_does_not_take_is_late_all_the_same) {
  trial.connect();
  trial.kernel.set_window(trial.fd, 0);
  trial.make().exchange->note_empty_request();  // its head fills what the kernel takes
  trial.begin(*trial.asked.back());
  trial.turns();
  Asked& what = trial.make();
  what.exchange->note_empty_request();
  trial.begin(what, 1000);

  trial.pass(1200);

  check_failed(Outcome::head_timed_out, what);
  trial.kernel.set_window(trial.fd, 65536);
  trial.go();
}

TEST(h2_client_flow, an_interim_answer_is_no_head) {
  Asked& what = trial.ask(5000);
  trial.peer.head(1, {{":status", "103"}});
  trial.pass(4000);

  trial.pass(1200);

  check_failed(Outcome::head_timed_out, what);
}

TEST(h2_client_flow, a_silent_server_is_asked_whether_it_is_there) {
  trial.settings.read_idle_ms = 3000;
  trial.settings.ping_timeout_ms = 2000;
  trial.ask();

  for (int i = 0; i < 30; ++i)
    trial.pass(1000);

  CHECK(trial.peer.pings >= 5);
  CHECK_TRUE(trial.is_open());
}

TEST(h2_client_flow, a_server_that_does_not_say_so_is_gone) {
  trial.settings.read_idle_ms = 3000;
  trial.settings.ping_timeout_ms = 2000;
  trial.peer.answers_pings = false;
  Asked& what = trial.ask();

  for (int i = 0; i < 7; ++i)
    trial.pass(1000);

  LONGS_EQUAL(1, trial.peer.pings);
  CHECK_TRUE(what.failure.has_value());
  LONGS_EQUAL(1, trial.gone);
}

TEST(h2_client_flow, an_idle_connection_ends_in_its_time) {
  trial.ask();
  trial.answer(1);
  trial.client->set_idle_deadline(trial.loop->now_ms() + 5000);

  trial.pass(4000);
  CHECK_TRUE(trial.is_open());
  trial.pass(1200);
  check_goaways("0:0");
  trial.pass(1200);

  LONGS_EQUAL(1, trial.gone);
}

TEST(h2_client_flow, an_exchange_takes_the_deadline_away) {
  trial.ask();
  trial.answer(1);
  trial.client->set_idle_deadline(trial.loop->now_ms() + 5000);

  trial.ask();
  for (int i = 0; i < 10; ++i)
    trial.pass(1000);

  CHECK_TRUE(trial.is_open());
  trial.answer(3);
  check_story("200 done end", *trial.asked[1]);
}

TEST(h2_client_flow, a_server_that_pushes_ends_the_connection) {
  Asked& what = trial.ask();

  trial.say(h2_frame(push, 4, 1, h2_number(2) + h2_block({{":method", "GET"}})));

  CHECK_TRUE(what.failure.has_value());
  check_goaways("0:1");
}

TEST(h2_client_flow, bytes_that_are_not_http2_end_the_connection) {
  trial.connect();
  Asked& what = trial.make();
  what.exchange->note_empty_request();
  trial.begin(what);

  trial.say("HTTP/1.1 400 Bad Request\r\n\r\n");

  CHECK_TRUE(what.failure.has_value());
  trial.pass(1200);
  LONGS_EQUAL(1, trial.gone);
}
