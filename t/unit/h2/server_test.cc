// SPDX-License-Identifier: MIT
// What a client asks, what it gets, and how the bodies flow.
#include "h2/server.h"

#include "t/lib/h2_checks.h"

#include <string>

using namespace pm;
using namespace pm::test;
using When = Served::When;

TEST_GROUP_BASE(h2_server, H2ServerChecks){};

// ---- requests and answers ---------------------------------------------------------------------------------------------

TEST(h2_server, answers_and_keeps_the_connection) {
  H2ServerTrial trial;

  trial.ask();
  trial.ask();

  check_story(trial, "200 done end", 1);
  check_story(trial, "200 done end", 3);
  CHECK_EQUAL(std::string_view("4"), trial.peer.heard(1).field("content-length"));
  check_idle(trial);
}

TEST(h2_server, says_what_it_allows) {
  H2ServerTrial trial;
  trial.connect();

  LONGS_EQUAL(250, trial.peer.settings[3]);
  LONGS_EQUAL(1048576, trial.peer.settings[6]);
  LONGS_EQUAL(1, trial.peer.settings[8]);
  LONGS_EQUAL(1, trial.peer.settings[9]);
  LONGS_EQUAL(1 << 20, trial.peer.window_of(0));
}

TEST(h2_server, an_exchange_may_end_inside_any_call) {
  for (const When when : {When::at_once, When::first_chunk, When::end}) {
    H2ServerTrial trial(when);

    trial.post("abc");

    CHECK_TRUE(trial.story(1).starts_with("200 done end"));
    check_idle(trial);
  }
}

TEST(h2_server, an_exchange_may_end_inside_any_call_when_bytes_come_one_by_one) {
  for (const When when : {When::at_once, When::first_chunk, When::end}) {
    H2ServerTrial trial(when);
    trial.connect();
    pm::test::H2Peer& peer = trial.peer;
    peer.head(1, a_request);
    peer.body(1, "abc");
    const std::string bytes = std::exchange(peer.say, {});

    for (const char byte : bytes)
      trial.say({&byte, 1});

    CHECK_TRUE(trial.story(1).starts_with("200 done end"));
    check_idle(trial);
  }
}

TEST(h2_server, what_was_read_before_it_was_there_is_the_beginning) {
  H2ServerTrial trial;
  trial.peer.ask({{":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {":authority", "a"}});
  const std::string early = std::exchange(trial.peer.say, {});

  trial.connect(early);

  check_story(trial, "200 done end");
  check_idle(trial);
}

TEST(h2_server, many_streams_are_answered_in_any_order) {
  H2ServerTrial trial(When::never);
  for (int i = 0; i < 4; ++i)
    trial.ask();

  for (const std::size_t i : {2, 0, 3, 1})
    trial.served(i).answer(std::to_string(i));
  trial.go();

  check_story(trial, "200 0 end", 1);
  check_story(trial, "200 1 end", 3);
  check_story(trial, "200 2 end", 5);
  check_story(trial, "200 3 end", 7);
  check_idle(trial);
}

TEST(h2_server, an_answer_without_a_length_is_ended_by_its_stream) {
  H2ServerTrial trial(When::never);
  trial.ask();

  trial.served().begin();
  trial.served().send("one ");
  trial.go();
  check_story(trial, "200 one ");
  trial.served().send("two");
  trial.served().end();
  trial.go();

  check_story(trial, "200 one two end");
  check_idle(trial);
}

TEST(h2_server, an_answer_to_head_has_no_body_and_its_length) {
  H2ServerTrial trial;

  trial.ask({}, "HEAD");

  check_story(trial, "200 end");
  CHECK_EQUAL(std::string_view("4"), trial.peer.heard(1).field("content-length"));
  check_idle(trial);
}

TEST(h2_server, there_is_no_body_behind_204_and_304) {
  for (const std::uint16_t status : {204, 304}) {
    H2ServerTrial trial(When::never);
    trial.ask();

    trial.served().answer("", status);
    trial.go();

    check_story(trial, std::to_string(status) + " end");
    check_idle(trial);
  }
}

TEST(h2_server, trailers_of_an_answer_end_it) {
  H2ServerTrial trial(When::never);
  trial.ask();

  trial.served().begin();
  trial.served().send("body");
  trial.served().exchange->response().trailers.append("X-Sum", "1");
  trial.served().end();
  trial.go();

  check_story(trial, "200 body x-sum: 1 end");
  check_idle(trial);
}

TEST(h2_server, trailers_of_a_request_are_handed_on_without_forbidden_ones) {
  H2ServerTrial trial(When::end);
  const std::uint32_t stream = trial.post("body", false);

  trial.peer.head(stream, {{"x-sum", "1"}, {"authorization", "x"}}, true);
  trial.go();

  CHECK_EQUAL(std::string_view("X-Sum: 1\n"), std::string_view(trial.served().trailers));
  check_story(trial, "200 done end");
  check_idle(trial);
}

TEST(h2_server, a_length_that_a_middleware_has_changed_says_nothing_of_the_clients_body) {
  H2ServerTrial trial(When::never);
  const std::uint32_t stream = trial.ask({{"content-length", "4"}}, "POST", false);
  trial.peer.body(stream, "body", true);
  trial.go();

  trial.served().exchange->request().content_length = 2;
  trial.served().answer("done");
  trial.go();

  check_story(trial, "200 done end");
  check_idle(trial);
}

TEST(h2_server, interim_answers_leave_at_once) {
  H2ServerTrial trial(When::never);
  trial.ask();
  pm::http::Headers hints(trial.served().exchange->arena());
  hints.append("link", "x");

  trial.served().exchange->interim(103, hints);
  trial.go();
  check_story(trial, "103");
  CHECK_EQUAL(std::string_view("x"), trial.peer.heard(1).field("link"));
  trial.served().answer("done");
  trial.go();

  check_story(trial, "103 200 done end");
  check_idle(trial);
}

TEST(h2_server, a_client_that_waits_is_told_to_go_on_when_the_body_is_wanted) {
  H2ServerTrial trial(When::end);
  trial.wants_body = false;
  trial.ask({{"expect", "100-continue"}}, "POST", false);
  check_story(trial, "");

  trial.served().exchange->resume_request();
  trial.go();
  check_story(trial, "100");
  trial.peer.body(1, "abc");
  trial.go();

  check_story(trial, "100 200 done end");
  check_idle(trial);
}

TEST(h2_server, a_client_that_did_not_wait_is_told_nothing) {
  H2ServerTrial trial(When::end);
  trial.wants_body = false;
  trial.ask({{"expect", "100-continue"}}, "POST", false);
  trial.peer.body(1, "abc");
  trial.go();

  trial.served().exchange->resume_request();
  trial.go();

  check_story(trial, "200 done end");
  CHECK_EQUAL(std::string_view("abc"), std::string_view(trial.served().body));
}

// ---- bodies -----------------------------------------------------------------------------------------------------------

TEST(h2_server, a_body_is_handed_over_as_it_was_sent) {
  H2ServerTrial trial(When::end);
  std::string body;
  for (int i = 0; i < 400000; ++i)
    body += static_cast<char>(i * 7 + i / 251);

  trial.post(body);

  CHECK_TRUE(trial.served().body == body);
  check_story(trial, "200 done end");
  check_idle(trial);
}

TEST(h2_server, windows_open_only_when_the_sink_has_taken_the_bytes) {
  H2ServerTrial trial(When::end);
  trial.wants_body = false;
  trial.post(std::string(300000, 'x'));

  LONGS_EQUAL(0, trial.peer.window_of(1));
  LONGS_EQUAL((1 << 20) - 65535, trial.peer.window_of(0));
  LONGS_EQUAL(0, trial.served().body.size());

  trial.served().exchange->resume_request();
  trial.go();

  LONGS_EQUAL(300000, trial.served().body.size());
  check_story(trial, "200 done end");
  check_idle(trial);
}

TEST(h2_server, what_a_sink_holds_is_not_given_back_until_it_asks_again) {
  H2ServerTrial trial(When::never);
  const std::uint32_t stream = trial.ask({}, "POST", false);
  trial.served().flow = Flow::hold;
  trial.peer.body(stream, std::string(300000, 'x'));
  trial.go();

  CHECK(trial.served().body.size() <= 65535);
  LONGS_EQUAL(0, trial.peer.window_of(stream));

  trial.served().flow = Flow::more;
  trial.served().exchange->resume_request();
  trial.go();

  LONGS_EQUAL(300000, trial.served().body.size());
  trial.served().answer("done");
  trial.go();
  check_idle(trial);
}

TEST(h2_server, the_window_of_a_sink_that_keeps_up_is_doubled_to_one_mebibyte) {
  H2ServerTrial trial(When::end);

  const std::uint32_t stream = trial.post(std::string(200000, 'x'), false);
  CHECK(trial.peer.window_of(stream) > 65535);
  for (int i = 0; i < 40; ++i)
    trial.peer.body(stream, std::string(200000, 'x'), false), trial.go();

  CHECK(trial.peer.window_of(stream) <= 1 << 20);
  CHECK(trial.peer.window_of(stream) > (1 << 19) - 65536);  // credit is given by halves
  LONGS_EQUAL(41 * 200000, trial.served().body.size());
}

TEST(h2_server, the_window_of_a_sink_that_does_not_keep_up_stays) {
  H2ServerTrial trial(When::never);
  const std::uint32_t stream = trial.ask({}, "POST", false);
  trial.served().flow = Flow::hold;
  trial.peer.body(stream, std::string(1 << 20, 'x'));
  trial.go();

  for (int i = 0; i < 100; ++i) {
    CHECK(trial.peer.window_of(stream) <= 65535);
    trial.served().exchange->resume_request();
    trial.go();
  }

  LONGS_EQUAL(1 << 20, trial.served().body.size());
}

TEST(h2_server, a_held_stream_does_not_hold_its_neighbour) {
  H2ServerTrial trial(When::end);
  trial.wants_body = false;
  trial.post(std::string(300000, 'x'));
  trial.wants_body = true;

  trial.post(std::string(300000, 'y'));

  check_story(trial, "200 done end", 3);
}

TEST(h2_server, an_answer_waits_for_the_windows_of_the_client) {
  H2ServerTrial trial(When::never);
  trial.peer.gives_windows = false;
  trial.ask();

  trial.served().begin();
  const Flow flow = trial.served().send(std::string(200000, 'x'));
  trial.go();

  CHECK_TRUE(flow == Flow::hold);
  LONGS_EQUAL(65535, trial.peer.heard(1).body.size());
  LONGS_EQUAL(0, trial.served().resumes);

  trial.peer.window(0, 1 << 20);
  trial.peer.window(1, 1 << 20);
  trial.go();
  LONGS_EQUAL(200000, trial.peer.heard(1).body.size());
  LONGS_EQUAL(1, trial.served().resumes);
  trial.served().end();
  trial.go();

  check_story(trial, "200 [200000] end");
  check_idle(trial);
}

TEST(h2_server, long_chunks_leave_before_their_memory_is_used_again) {
  H2ServerTrial trial(When::never);
  trial.ask();
  trial.served().begin();
  std::string chunk;
  std::string sent;

  for (char c = 'a'; c <= 'h'; ++c) {
    chunk.assign(60000, c);
    sent += chunk;
    trial.served().send(chunk);
    chunk.assign(60000, '!');
    if (c % 2 == 0) trial.go();
  }
  trial.served().end();
  trial.go();

  CHECK_TRUE(trial.peer.heard(1).body == sent);
  check_story(trial, "200 [480000] end");
  check_idle(trial);
}

TEST(h2_server, a_long_chunk_waits_for_windows_and_room_like_any_other) {
  for (const std::size_t room : {0, 100, 20000, 1 << 20}) {
    H2ServerTrial trial(When::never);
    trial.peer.gives_windows = false;
    trial.ask();
    trial.kernel.set_window(trial.fd, room);
    trial.served().begin();
    std::string chunk(100000, 'a');

    trial.served().send(chunk);
    chunk.assign(100000, '!');
    trial.served().end();
    trial.kernel.set_window(trial.fd, 1 << 20);
    trial.go();
    LONGS_EQUAL(65535, trial.peer.heard(1).body.size());
    trial.peer.window(0, 1 << 20);
    trial.peer.window(1, 1 << 20);
    trial.go();

    CHECK_TRUE(trial.peer.heard(1).body == std::string(100000, 'a'));
    check_story(trial, "200 [100000] end");
    check_idle(trial);
  }
}

TEST(h2_server, a_socket_that_takes_little_holds_the_source) {
  H2ServerTrial trial(When::never);
  trial.ask();
  trial.kernel.set_window(trial.fd, 0);

  trial.served().begin();
  Flow flow = Flow::more;
  int count = 0;
  for (; flow == Flow::more && count < 100; ++count) {
    flow = trial.served().send(std::string(16384, 'x'));
    trial.turns();
  }
  CHECK(count <= 6);
  trial.kernel.set_window(trial.fd, 777);
  trial.go();
  CHECK(trial.served().resumes > 0);
  trial.served().end();
  trial.go();

  CHECK_EQUAL(std::to_string(count * 16384), std::to_string(trial.peer.heard(1).body.size()));
  check_idle(trial);
}

// ---- tunnels ----------------------------------------------------------------------------------------------------------

TEST(h2_server, a_tunnel_runs_both_ways_until_both_sides_have_ended) {
  H2ServerTrial trial(When::never);
  trial.connect();
  trial.peer.ask({{":method", "CONNECT"},
                  {":scheme", "http"},
                  {":path", "/"},
                  {":authority", "a"},
                  {":protocol", "websocket"}},
                 false);
  trial.go();
  pm::http::Exchange& exchange = *trial.served().exchange;
  CHECK_TRUE(exchange.request().wants_upgrade);

  exchange.response().status = 101;
  exchange.open_tunnel();
  exchange.response_head();
  exchange.resume_request();
  trial.peer.body(1, "up", false);
  trial.served().send("down");
  trial.go();
  check_story(trial, "200 down");
  CHECK_EQUAL(std::string_view("up"), std::string_view(trial.served().body));

  exchange.response_end();
  trial.go();
  check_story(trial, "200 down end");
  CHECK_TRUE(trial.served().exchange != nullptr);
  trial.peer.body(1, "last");
  trial.go();

  CHECK_EQUAL(std::string_view("uplast"), std::string_view(trial.served().body));
  check_idle(trial);
}
