// SPDX-License-Identifier: MIT
// What a server answers, and how an exchange ends otherwise.
#include "h2/client.h"

#include "t/lib/h2_checks.h"

#include <string>

using namespace pm;
using namespace pm::test;
using http::Outcome;

TEST_GROUP_BASE(h2_client, H2ClientChecks){};

// ---- answers ----------------------------------------------------------------------------------------------------------

TEST(h2_client, carries_one_exchange_behind_another) {
  Asked& first = trial.ask();
  check_heard("GET end");
  LONGS_EQUAL(0, trial.idle);
  trial.answer(1);
  check_story("200 done end", first);
  LONGS_EQUAL(1, trial.idle);

  Asked& second = trial.ask();
  trial.answer(3);

  check_story("200 done end", second);
  LONGS_EQUAL(2, trial.idle);
}

TEST(h2_client, carries_many_at_once_answered_in_any_order) {
  for (int i = 0; i < 3; ++i)
    trial.ask();

  trial.answer(5, "c");
  trial.answer(1, "a");
  trial.answer(3, "b");

  check_story("200 a end", *trial.asked[0]);
  check_story("200 b end", *trial.asked[1]);
  check_story("200 c end", *trial.asked[2]);
  LONGS_EQUAL(1, trial.idle);
}

TEST(h2_client, reads_an_answer_that_comes_in_single_bytes) {
  Asked& what = trial.post("body");
  trial.peer.head(1, {{":status", "103"}, {"link", "x"}});
  trial.peer.head(1, {{":status", "200"}, {"content-length", "4"}});
  trial.peer.body(1, "done");
  const std::string bytes = std::exchange(trial.peer.say, {});

  for (const char byte : bytes)
    trial.say({&byte, 1});

  check_story("103 200 done end", what);
}

TEST(h2_client, an_answer_without_a_body_ends_with_its_head) {
  Asked& what = trial.ask();

  trial.peer.head(1, {{":status", "204"}}, true);
  trial.go();

  check_story("204 end", what);
  LONGS_EQUAL(1, trial.idle);
}

TEST(h2_client, trailers_of_an_answer_are_handed_on) {
  Asked& what = trial.ask();

  trial.peer.head(1, {{":status", "200"}});
  trial.peer.body(1, "body", false);
  trial.peer.head(1, {{"grpc-status", "0"}, {"content-type", "x"}}, true);
  trial.go();

  check_story("200 body end", what);
  CHECK_EQUAL(std::string_view("0"), what.exchange->response().trailers.get("grpc-status"));
  LONGS_EQUAL(1, what.exchange->response().trailers.slots());
}

// gRPC: a failed call is one block with END_STREAM.
TEST(h2_client, an_answer_of_trailers_only_is_a_head) {
  Asked& what = trial.ask();

  trial.peer.head(1, {{":status", "200"}, {"grpc-status", "12"}}, true);
  trial.go();

  check_story("200 end", what);
  CHECK_EQUAL(std::string_view("12"), what.exchange->response().headers.get("grpc-status"));
}

TEST(h2_client, interim_answers_are_handed_on_until_there_are_too_many) {
  Asked& what = trial.ask();
  for (int i = 0; i < 20; ++i)
    trial.peer.head(1, {{":status", "103"}});
  trial.go();
  LONGS_EQUAL(20 * 4 - 1, what.statuses.size());

  trial.peer.head(1, {{":status", "103"}});
  trial.go();

  check_failed(Outcome::bad_response, what);
  check_heard("GET end reset 1");
}

TEST(h2_client, an_interim_answer_that_ends_the_stream_is_a_bad_one) {
  Asked& what = trial.ask();

  trial.peer.head(1, {{":status", "103"}}, true);
  trial.go();

  check_failed(Outcome::bad_response, what);
}

TEST(h2_client, malformed_answers_fail_and_their_neighbours_go_on) {
  const H2Fields bad[]{
      {{":status", "101"}},
      {{":status", "200"}, {"connection", "close"}},
      {{":status", "200"}, {"A", "b"}},
      {{":status", "200"}, {"content-length", "x"}},
  };
  Asked& neighbour = trial.ask();
  std::uint32_t stream = 3;
  for (const H2Fields& fields : bad) {
    Asked& what = trial.ask();

    trial.peer.head(stream, fields);
    trial.go();

    check_failed(Outcome::bad_response, what);
    CHECK_TRUE(trial.heard(stream).starts_with("GET end reset"));
    stream += 2;
  }

  trial.answer(1);
  check_story("200 done end", neighbour);
}

TEST(h2_client, a_head_larger_than_allowed_fails) {
  trial.settings.limits.max_bytes = 2000;
  Asked& what = trial.ask();

  trial.peer.head(1, {{":status", "200"}, {"a", std::string(2500, 'x')}});
  trial.go();

  check_failed(Outcome::bad_response, what);
}

TEST(h2_client, a_flood_of_fields_ends_the_connection) {
  trial.settings.limits.max_bytes = 2000;
  Asked& what = trial.ask();

  trial.peer.head(1, {{":status", "200"}, {"a", std::string(9000, 'x')}});
  trial.go();

  CHECK_TRUE(what.failure.has_value());
  check_goaways("0:11");
}

TEST(h2_client, a_body_of_another_length_than_was_said_is_cut) {
  Asked& what = trial.ask();
  trial.peer.head(1, {{":status", "200"}, {"content-length", "5"}});
  trial.peer.body(1, "abc");
  trial.go();

  CHECK_TRUE(what.story().ends_with("cut") || what.failure.has_value());
  LONGS_EQUAL(0, what.ends);
}

TEST(h2_client, bad_trailers_cut_the_answer) {
  Asked& what = trial.ask();
  trial.peer.head(1, {{":status", "200"}});
  trial.peer.body(1, "body", false);
  trial.go();

  trial.peer.head(1, {{"a", "b\nc"}}, true);
  trial.go();

  check_story("200 body cut", what);
}

// ---- resets and ends --------------------------------------------------------------------------------------------------

TEST(h2_client, a_reset_before_the_answer_fails_and_the_connection_goes_on) {
  Asked& what = trial.ask();

  trial.peer.reset(1, 2);
  trial.go();

  check_failed(Outcome::reset, what);
  CHECK_TRUE(what.failure->wrote);
  POINTERS_EQUAL(static_cast<const http::ClientConnection*>(trial.client), what.failure->on);
  trial.ask();
  trial.answer(3);
  check_story("200 done end", *trial.asked[1]);
}

TEST(h2_client, a_reset_behind_the_head_cuts_behind_what_has_come) {
  Asked& what = trial.ask();

  trial.peer.head(1, {{":status", "200"}});
  trial.peer.body(1, "part", false);
  trial.peer.reset(1, 2);
  trial.go();

  CHECK_TRUE(what.cuts == 1 || what.failures == 1);
  LONGS_EQUAL(0, what.ends);
}

TEST(h2_client, what_a_server_refused_may_be_sent_again) {
  Asked& what = trial.ask();

  trial.peer.reset(1, 7);
  trial.go();

  CHECK_TRUE(what.failure.has_value());
  CHECK_TRUE(what.failure->unprocessed);
}

TEST(h2_client, streams_behind_the_last_one_may_be_sent_again_and_the_others_go_on) {
  Asked& first = trial.ask();
  Asked& second = trial.ask();

  trial.peer.goaway(1);
  trial.go();
  LONGS_EQUAL(1, trial.drainings);
  LONGS_EQUAL(0, trial.client->room());
  CHECK_TRUE(second.failure.has_value());
  CHECK_TRUE(second.failure->unprocessed);
  CHECK_FALSE(first.failure.has_value());
  trial.answer(1);

  check_story("200 done end", first);
  LONGS_EQUAL(0, trial.idle);
  trial.pass(2000);
  LONGS_EQUAL(1, trial.gone);
}

TEST(h2_client, a_server_that_announces_its_end_is_asked_for_no_more) {
  Asked& what = trial.ask();

  trial.peer.goaway(0x7fffffff);
  trial.go();
  LONGS_EQUAL(1, trial.drainings);
  LONGS_EQUAL(0, trial.client->room());
  trial.peer.goaway(1);
  trial.answer(1);

  check_story("200 done end", what);
  LONGS_EQUAL(1, trial.drainings);
}

TEST(h2_client, a_connection_that_is_lost_fails_what_has_no_head_and_cuts_the_rest) {
  Asked& waiting = trial.ask();
  Asked& reading = trial.ask();
  trial.peer.head(3, {{":status", "200"}});
  trial.peer.body(3, "part", false);
  trial.go();

  trial.kernel.reset_by_peer(trial.fd);
  trial.turns();

  CHECK_TRUE(waiting.failure.has_value());
  CHECK_TRUE(waiting.failure->wrote);
  POINTERS_EQUAL(nullptr, waiting.failure->on);
  check_story("200 part cut", reading);
  LONGS_EQUAL(1, trial.gone);
}

TEST(h2_client, a_server_that_ends_the_connection_fails_what_has_no_head) {
  Asked& what = trial.ask();

  trial.kernel.finish(trial.fd);
  trial.turns();

  check_failed(Outcome::closed, what);
  LONGS_EQUAL(1, trial.gone);
}

TEST(h2_client, what_has_not_left_may_be_sent_again_when_the_connection_is_lost) {
  trial.connect();
  trial.kernel.set_window(trial.fd, 0);
  Asked& busy = trial.make("POST");
  busy.exchange->request().framing = http::Framing::chunked;
  busy.give(std::string(50000, 'x'));
  trial.begin(busy);
  trial.turns();
  Asked& what = trial.make();
  what.exchange->note_empty_request();
  trial.begin(what);
  trial.turns();

  trial.kernel.reset_by_peer(trial.fd);
  trial.turns();

  CHECK_TRUE(what.failure.has_value());
  CHECK_FALSE(what.failure->wrote);
}

TEST(h2_client, an_exchange_may_leave_before_its_head_has) {
  Asked& what = trial.make();
  what.exchange->note_empty_request();
  trial.begin(what);

  what.leave();
  trial.go();

  CHECK_TRUE(trial.heard(1).empty() || trial.heard(1) == "GET end reset 8");
  LONGS_EQUAL(1, trial.idle);
  trial.ask();
  CHECK_TRUE(trial.client->room() > 0);
}

TEST(h2_client, an_exchange_that_leaves_is_reset_and_the_connection_goes_on) {
  Asked& what = trial.ask();
  what.leave();
  trial.go();
  check_heard("GET end reset 8");
  LONGS_EQUAL(1, trial.idle);

  trial.answer(1);
  trial.ask();
  trial.answer(3);

  check_story("200 done end", *trial.asked[1]);
}

TEST(h2_client, an_exchange_may_leave_with_its_answer_under_way) {
  Asked& what = trial.ask();
  trial.peer.head(1, {{":status", "200"}});
  trial.peer.body(1, std::string(200000, 'x'), false);
  what.flow = Flow::hold;
  trial.go();

  what.leave();
  trial.go();

  check_heard("GET end reset 8");
  CHECK(trial.peer.window_of(0) > 65535);
}

TEST(h2_client, the_last_id_of_a_stream_is_the_end_of_the_connection) {
  constexpr std::int32_t last = 0x7fffffff;
  trial.connect();
  nghttp2_session_set_next_stream_id(trial.client->library(), last - 2);

  trial.ask();
  CHECK_TRUE(trial.client->room() > 0);
  LONGS_EQUAL(0, trial.drainings);
  Asked& what = trial.ask();
  LONGS_EQUAL(0, trial.client->room());
  LONGS_EQUAL(1, trial.drainings);
  trial.answer(last - 2);
  trial.answer(last);

  check_story("200 done end", what);
  LONGS_EQUAL(0, trial.idle);
  trial.pass(1200);
  LONGS_EQUAL(1, trial.gone);
}
