// SPDX-License-Identifier: MIT
#include "h1/server.h"

#include "t/lib/h1_server_trial.h"
#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

#include <string>

using pm::Flow;
using pm::test::ServerTrial;
using When = pm::test::ServerTrial::When;

namespace {

constexpr std::string_view get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view done = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone";

std::string post(std::size_t length, std::string_view body, std::string_view more = "") {
  return "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(length) + "\r\n" +
         std::string(more) + "\r\n" + std::string(body);
}
std::string chunked(std::string_view chunks) {
  return "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(chunks);
}
bool is_closing(const std::string& answer) {
  return answer.find("Connection: close\r\n") != std::string::npos;
}
bool is_whole(const std::string& answer) {
  return answer.ends_with("\r\n\r\ndone");
}

// Somebody else whose bytes come in the same pass, so that short writes wait for its end.
class Neighbour final : private pm::net::StreamUser {
 public:
  explicit Neighbour(ServerTrial& trial) : trial_(&trial), fd_(trial.kernel.add()) {
    stream_ = pm::net::Stream::open(*trial.loop, fd_, *this);
    stream_->resume();
    trial.turns();
  }
  ~Neighbour() { stream_->close(); }
  void speak() { trial_->kernel.deliver(fd_, "x"); }

 private:
  void on_readable() noexcept override {
    char byte = 0;
    stream_->read(&byte, 1);
  }
  void on_drained() noexcept override {}
  void on_hangup() noexcept override {}
  void on_broken() noexcept override {}

  ServerTrial* trial_;
  int fd_;
  pm::net::Stream* stream_;
};

}  // namespace

TEST_GROUP(h1_server){static void check_idle(ServerTrial & trial){CHECK_TRUE(trial.is_open());
LONGS_EQUAL(0, trial.lent());
LONGS_EQUAL(trial.exchanges, trial.ends);
}
}
;

TEST(h1_server, answers_and_keeps_the_connection) {
  ServerTrial trial;

  CHECK_TRUE(is_whole(trial.say(get)));
  CHECK_TRUE(is_whole(trial.say(get)));

  check_idle(trial);
}

TEST(h1_server, an_idle_connection_costs_at_most_256_bytes_and_no_buffer) {
  CHECK(sizeof(pm::h1::Server) + sizeof(pm::net::Stream) <= 256);
  ServerTrial trial(When::end);
  trial.wants_body = false;
  trial.say(post(9000, std::string(9000, 'x')));

  trial.exchange->resume_request();
  trial.turns();

  CHECK_TRUE(is_whole(trial.hear()));
  check_idle(trial);
}

// ---- an exchange that ends inside every callback ----------------------------------------------------------------------

TEST(h1_server, an_exchange_may_end_inside_any_call) {
  for (const When when : {When::at_once, When::first_chunk, When::end, When::flush}) {
    ServerTrial trial(when);

    const std::string two = trial.say(post(3, "abc") + post(3, "def"));

    LONGS_EQUAL(2, trial.exchanges);
    CHECK_TRUE(is_whole(two));
    check_idle(trial);
  }
}

TEST(h1_server, an_exchange_with_chunks_may_end_inside_any_call) {
  for (const When when : {When::at_once, When::first_chunk, When::end, When::flush}) {
    ServerTrial trial(when);

    const std::string answer = trial.say(chunked("3\r\nabc\r\n0\r\n\r\n"));

    CHECK_TRUE(is_whole(answer));
    LONGS_EQUAL(1, trial.ends);
  }
}

TEST(h1_server, an_exchange_may_end_inside_any_call_when_bytes_come_one_by_one) {
  for (const When when : {When::at_once, When::first_chunk, When::end, When::flush}) {
    ServerTrial trial(when);
    std::string answers;

    for (const char byte : post(3, "abc") + post(3, "def"))
      answers += trial.say({&byte, 1});

    LONGS_EQUAL(2, trial.ends);
    CHECK_TRUE(is_whole(answers));
  }
}

// ---- answers before the body ------------------------------------------------------------------------------------------

TEST(h1_server, a_short_rest_of_a_body_is_read_and_the_connection_kept) {
  ServerTrial trial;

  const std::string answer = trial.say(post(10, "12345"));
  CHECK_TRUE(is_whole(answer) && !is_closing(answer));
  trial.say("67890");

  CHECK_TRUE(is_whole(trial.say(get)));
  check_idle(trial);
}

TEST(h1_server, a_rest_that_does_not_come_closes_the_connection) {
  ServerTrial trial;
  trial.say(post(10, "12345"));

  trial.pass(1200);
  CHECK_TRUE(trial.has_ended());
  trial.pass(1200);

  CHECK_FALSE(trial.is_open());
}

TEST(h1_server, the_time_for_the_rest_is_not_renewed_by_a_client_that_reads) {
  ServerTrial trial(When::never);
  trial.wants_body = false;
  trial.connect();
  trial.kernel.set_window(trial.fd, 10);
  trial.say(post(10, "12345"));
  trial.answer(std::string(1000, 'x'));
  trial.pass(900);

  trial.hear();
  trial.pass(300);

  CHECK_TRUE(trial.has_ended());
}

TEST(h1_server, a_long_rest_is_not_waited_for_and_the_answer_arrives_all_the_same) {
  ServerTrial trial(When::never);
  trial.wants_body = false;
  trial.connect();
  trial.kernel.set_window(trial.fd, 100);
  trial.kernel.deliver(trial.fd, post(10000000, ""));
  trial.turns();
  trial.answer(std::string(5000, 'x'));

  trial.kernel.deliver(trial.fd, std::string(200000, 'y'));
  trial.turns();
  const std::string answer = trial.hear();

  CHECK_TRUE(is_closing(answer));
  CHECK_TRUE(answer.ends_with(std::string(5000, 'x')));
  CHECK_FALSE(trial.is_open());
}

TEST(h1_server, the_end_of_a_client_does_not_cost_it_the_last_answer) {
  ServerTrial trial(When::never);
  trial.wants_body = false;
  trial.connect();
  trial.kernel.set_window(trial.fd, 100);
  trial.kernel.deliver(trial.fd, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  trial.turns();
  trial.answer(std::string(5000, 'x'));
  trial.kernel.finish(trial.fd);
  trial.turns();

  CHECK_TRUE(trial.hear().ends_with(std::string(5000, 'x')));
  CHECK_FALSE(trial.is_open());
}

TEST(h1_server, a_slow_reader_gets_its_last_answer_to_the_end) {
  ServerTrial trial(When::never);
  trial.connect();
  trial.kernel.set_window(trial.fd, 100);
  trial.say("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  trial.answer(std::string(1000, 'x'));

  std::string answer;
  for (int i = 0; i < 40; ++i) {
    answer += trial.kernel.take(trial.fd);
    trial.pass(20000);
  }

  CHECK_TRUE(answer.ends_with(std::string(1000, 'x')));
}

// ---- Expect -----------------------------------------------------------------------------------------------------------

TEST(h1_server, sends_100_when_the_body_is_wanted) {
  ServerTrial trial(When::end);

  const std::string first = trial.say(post(3, "", "Expect: 100-continue\r\n"));
  CHECK_EQUAL(std::string_view("HTTP/1.1 100 Continue\r\n\r\n"), std::string_view(first));

  CHECK_TRUE(is_whole(trial.say("abc")));
  check_idle(trial);
}

TEST(h1_server, a_final_answer_in_place_of_100_ends_the_connection) {
  ServerTrial trial;

  const std::string answer = trial.say(post(3, "", "Expect: 100-continue\r\n"));

  CHECK_TRUE(is_whole(answer) && is_closing(answer));
  CHECK_FALSE(answer.starts_with("HTTP/1.1 100"));
}

// ---- no body ----------------------------------------------------------------------------------------------------------

TEST(h1_server, head_is_answered_with_a_length_and_no_body) {
  ServerTrial trial;

  const std::string answer = trial.say("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");

  STRCMP_CONTAINS("Content-Length: 4\r\n", answer.c_str());
  CHECK_TRUE(answer.ends_with("\r\n\r\n"));
  check_idle(trial);
}

TEST(h1_server, a_head_that_is_refused_is_answered_with_a_length_and_no_body) {
  ServerTrial trial;

  const std::string answer = trial.say("HEAD / HTTP/1.1\r\n\r\n");

  STRCMP_CONTAINS("HTTP/1.1 400 Bad Request\r\n", answer.c_str());
  STRCMP_CONTAINS("Content-Length: 46\r\n", answer.c_str());
  CHECK_TRUE(is_closing(answer) && answer.ends_with("\r\n\r\n"));
}

TEST(h1_server, the_malformed_body_of_a_head_is_refused_without_a_body_too) {
  ServerTrial trial(When::end);

  const std::string answer =
      trial.say("HEAD / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n");

  STRCMP_CONTAINS("HTTP/1.1 400 Bad Request\r\n", answer.c_str());
  CHECK_TRUE(is_closing(answer) && answer.ends_with("\r\n\r\n"));
}

TEST(h1_server, a_304_may_say_a_length_and_has_no_body) {
  ServerTrial trial(When::never);
  trial.say(get);

  trial.answer("abc", 304);

  CHECK_TRUE(trial.hear().ends_with("\r\n\r\n"));
  check_idle(trial);
}

TEST(h1_server, a_head_larger_than_the_scratch_leaves_whole) {
  ServerTrial trial(When::never);
  trial.connect();
  trial.kernel.set_window(trial.fd, 1 << 20);
  trial.say(get);
  const std::string large(300000, 'h');
  pm::http::Response& response = trial.exchange->response();
  response.status = 200;
  response.framing = pm::http::Framing::length;
  response.content_length = 3;
  response.headers.append("X-Large", trial.exchange->arena().copy(large));
  const std::string_view body = "abc";
  trial.exchange->set_client_end(nullptr);
  trial.exchange->response_head();
  trial.exchange->response_chunk({{&body, 1}, 3});
  trial.exchange->response_end();
  trial.exchange->flush_response();

  const std::string answer = trial.hear();
  CHECK_TRUE(answer.find("X-Large: " + large + "\r\n") != std::string::npos);
  CHECK_TRUE(answer.ends_with("\r\n\r\nabc"));
  check_idle(trial);
}

// ---- a client that does not read, leaves or is slow -------------------------------------------------------------------

TEST(h1_server, who_pipelines_without_reading_is_not_read_any_more) {
  ServerTrial trial;
  trial.connect();
  trial.kernel.set_window(trial.fd, 50);
  for (int i = 0; i < 100; ++i)
    trial.kernel.deliver(trial.fd, get);
  trial.turns();
  CHECK(trial.exchanges < 3);

  const std::string answers = trial.hear();
  trial.turns();

  LONGS_EQUAL(100, trial.exchanges);
  CHECK_TRUE(is_whole(answers));
  check_idle(trial);
}

// What is unread at a close becomes a reset, which may overtake the answer.
TEST(h1_server, what_a_refused_client_still_sends_is_read_while_its_answer_waits) {
  ServerTrial trial(When::never);
  trial.say(std::string(get) + "bad\r\n\r\n");
  trial.kernel.set_window(trial.fd, 200);
  trial.answer("done");
  trial.kernel.deliver(trial.fd, std::string(5000, 'x'));
  trial.turns();

  LONGS_EQUAL(0, trial.kernel.socket(trial.fd).in.size());
  CHECK_TRUE(trial.hear().ends_with("\n"));
}

TEST(h1_server, who_never_reads_its_answer_is_closed_after_the_stall_time) {
  ServerTrial trial;
  trial.settings.stall_timeout_ms = 5000;
  trial.connect();
  trial.kernel.set_window(trial.fd, 10);
  trial.kernel.deliver(trial.fd, get);
  trial.turns();

  trial.pass(4800);
  CHECK_TRUE(trial.is_open());
  trial.pass(400);

  CHECK_FALSE(trial.is_open());
}

TEST(h1_server, the_stall_time_runs_from_the_end_of_a_pass_too) {
  ServerTrial trial;
  trial.settings.stall_timeout_ms = 5000;
  trial.connect();
  Neighbour neighbour(trial);
  trial.kernel.set_window(trial.fd, 10);
  trial.kernel.deliver(trial.fd, get);
  neighbour.speak();
  trial.turns();

  trial.pass(4800);
  CHECK_TRUE(trial.is_open());
  trial.pass(400);

  CHECK_FALSE(trial.is_open());
}

TEST(h1_server, who_ended_behind_a_request_gets_all_of_a_late_answer) {
  ServerTrial trial;
  trial.connect();
  Neighbour neighbour(trial);
  trial.kernel.set_window(trial.fd, 10);
  trial.kernel.deliver(trial.fd, get);
  trial.kernel.finish(trial.fd);
  neighbour.speak();
  trial.turns();

  CHECK_TRUE(is_whole(trial.hear()));
  CHECK_FALSE(trial.is_open());
}

TEST(h1_server, a_client_that_leaves_before_the_answer_is_499) {
  ServerTrial trial(When::never);
  trial.say(get);

  trial.kernel.finish(trial.fd);
  trial.turns();

  CHECK_FALSE(trial.is_open());
  LONGS_EQUAL(499, trial.ended.status);
  CHECK_EQUAL(std::string_view("client-gone"), trial.ended.termination);
}

TEST(h1_server, a_client_whose_end_came_while_its_body_was_read_is_noticed) {
  ServerTrial trial(When::never);
  trial.wants_body = false;
  trial.say(post(3, "abc"));
  trial.exchange->resume_request();
  trial.kernel.finish(trial.fd);

  trial.turns();

  CHECK_FALSE(trial.is_open());
  LONGS_EQUAL(499, trial.ended.status);
}

TEST(h1_server, an_answer_that_is_cut_counts_what_left) {
  ServerTrial trial(When::never);
  trial.connect();
  trial.kernel.set_window(trial.fd, 1000);
  trial.say(get);
  pm::http::Response& response = trial.exchange->response();
  response.status = 200;
  response.framing = pm::http::Framing::length;
  response.content_length = 100000;
  trial.exchange->response_head();
  const std::string body(5000, 'x');
  const std::string_view view = body;
  trial.exchange->response_chunk({{&view, 1}, view.size()});
  CHECK_TRUE(trial.exchange->flush_response() == Flow::hold);

  trial.kernel.reset_by_peer(trial.fd);
  trial.turns();

  CHECK(trial.ended.response_bytes < 1000);
  LONGS_EQUAL(200, trial.ended.status);
  CHECK_EQUAL(std::string_view("client-gone"), trial.ended.termination);
}

TEST(h1_server, a_body_that_comes_too_slowly_is_504) {
  ServerTrial trial(When::never);
  trial.settings.read_timeout_ms = 3000;
  trial.say(post(10, "abc"));

  trial.pass(3200);

  STRCMP_CONTAINS("HTTP/1.1 504 Gateway Timeout\r\n", trial.hear().c_str());
  LONGS_EQUAL(504, trial.ended.status);
  LONGS_EQUAL(15, trial.ended.response_bytes);
}

TEST(h1_server, a_head_that_comes_too_slowly_ends_the_connection) {
  ServerTrial trial;
  trial.settings.head_timeout_ms = 3000;
  trial.say("GET / HT");

  trial.pass(2800);
  trial.say("T");
  CHECK_TRUE(trial.is_open());
  trial.pass(400);

  CHECK_FALSE(trial.is_open());
}

TEST(h1_server, a_sink_that_holds_stops_the_reading) {
  ServerTrial trial(When::never);
  trial.flow = Flow::hold;
  trial.say(post(300000, std::string(100000, 'x')));
  const std::size_t before = trial.body.size();
  CHECK(before < 100000);

  trial.exchange->resume_request();
  trial.turns();

  CHECK(trial.body.size() > before);
}

TEST(h1_server, a_body_that_is_held_waits_until_it_is_wanted_again) {
  ServerTrial trial(When::end);
  trial.say(post(6, "abc"));

  trial.exchange->hold_request();
  trial.say("def");
  CHECK_EQUAL(std::string_view("abc"), std::string_view(trial.body));
  trial.exchange->resume_request();
  trial.turns();

  CHECK_TRUE(is_whole(trial.hear()));
}

// ---- tunnels ----------------------------------------------------------------------------------------------------------

TEST_GROUP(h1_server_tunnel) {
  ServerTrial trial{When::never};

  void setup() override {
    trial.say("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nearly");
    pm::http::Response& response = trial.exchange->response();
    response.status = 101;
    response.headers.append(pm::http::FieldId::upgrade, "x");
    trial.exchange->open_tunnel();
    trial.exchange->response_head();
    trial.exchange->flush_response();
    trial.exchange->resume_request();
    trial.turns();
    STRCMP_CONTAINS("101 Switching", trial.hear().c_str());
  }
  void send(std::string_view bytes) {
    trial.exchange->response_chunk({{&bytes, 1}, bytes.size()});
    trial.exchange->flush_response();
  }
  void end_server() {
    trial.exchange->response_end();
    trial.exchange->flush_response();
    trial.turns();
  }
};

TEST(h1_server_tunnel, hands_over_what_came_behind_the_request) {
  CHECK_EQUAL(std::string_view("early"), std::string_view(trial.body));
}

TEST(h1_server_tunnel, goes_on_when_the_client_has_ended) {
  trial.kernel.finish(trial.fd);
  trial.turns();
  CHECK_TRUE(trial.exchange->request_ended());

  send("late");
  CHECK_EQUAL(std::string_view("late"), std::string_view(trial.hear()));
  end_server();

  LONGS_EQUAL(1, trial.ends);
}

TEST(h1_server_tunnel, goes_on_when_the_server_has_ended) {
  end_server();
  CHECK_TRUE(trial.has_ended());

  trial.say("more");

  CHECK_EQUAL(std::string_view("earlymore"), std::string_view(trial.body));
  trial.kernel.finish(trial.fd);
  trial.turns();
  LONGS_EQUAL(1, trial.ends);
  CHECK_FALSE(trial.is_open());
}

TEST(h1_server_tunnel, a_reset_of_the_client_is_no_end) {
  trial.kernel.reset_by_peer(trial.fd);
  trial.turns();

  LONGS_EQUAL(1, trial.ends);
  CHECK_EQUAL(std::string_view("client-gone"), trial.ended.termination);
}

TEST(h1_server_tunnel, a_cut_by_the_server_resets_the_client) {
  trial.exchange->cut_response();
  trial.turns();

  CHECK_TRUE(trial.kernel.socket(trial.fd).was_reset);
}

TEST(h1_server_tunnel, what_is_queued_leaves_before_the_end) {
  trial.kernel.set_window(trial.fd, 2);
  send("slowly");
  trial.kernel.finish(trial.fd);
  trial.turns();
  end_server();

  CHECK_EQUAL(std::string_view("slowly"), std::string_view(trial.hear()));
}
