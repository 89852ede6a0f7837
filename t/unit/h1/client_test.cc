// SPDX-License-Identifier: MIT
#include "h1/client.h"

#include "t/lib/fake_kernel.h"
#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using pm::Flow;
using pm::http::Outcome;

namespace {

// The client's end of an exchange: writes down what it gets.
class Sink final : public pm::http::ServerEnd {
 public:
  void resume_request(pm::http::Exchange& exchange) noexcept override {
    ++asked;
    if (body.empty()) return;
    const std::string bytes = std::exchange(body, "");
    const std::string_view view = bytes;
    exchange.request_chunk({{&view, 1}, view.size()});
    if (ends_body) exchange.request_end();
    exchange.flush_request();
  }
  void hold_request(pm::http::Exchange&) noexcept override {}
  void send_interim(pm::http::Exchange&, std::uint16_t status,
                    const pm::http::Headers&) noexcept override {
    heard += std::to_string(status) + " ";
  }
  void send_head(pm::http::Exchange& exchange) noexcept override {
    heard += std::to_string(exchange.response().status) + " ";
  }
  void send_chunk(pm::http::Exchange&, const pm::http::Chunk& chunk) noexcept override {
    pending.append(chunk.slices.begin(), chunk.slices.end());
  }
  void send_end(pm::http::Exchange&) noexcept override { ended = true; }
  // As the real end does: borrowed bytes are looked at no earlier than here.
  Flow flush_response(pm::http::Exchange&) noexcept override {
    for (const std::string_view slice : pending)
      got += slice;
    pending.clear();
    if (ended && !std::exchange(told_end, true)) heard += "end ";
    return flow;
  }
  void cut(pm::http::Exchange&) noexcept override { heard += "cut "; }

  struct Slices : std::vector<std::string_view> {
    template <class It>
    void append(It from, It to) {
      insert(end(), from, to);
    }
  };
  std::string heard;
  std::string got;
  std::string body;
  Slices pending;
  Flow flow = Flow::more;
  bool ends_body = true;
  bool ended = false;
  bool told_end = false;
  int asked = 0;
};

struct Keeper final : pm::http::ConnectionOwner {
  void on_idle(pm::http::ClientConnection&) noexcept override { ++idle; }
  void on_gone(pm::http::ClientConnection&) noexcept override { gone = true; }
  void on_lingering(pm::http::ClientConnection&) noexcept override { ++lingering; }
  int idle = 0;
  int lingering = 0;
  bool gone = false;
};
struct Tried final : pm::http::Attempt {
  void on_failed(pm::http::Exchange&, const Failure& failure) noexcept override { what = failure; }
  std::optional<Failure> what;
};

struct Nobody final : pm::net::StreamUser {
  void on_readable() noexcept override {}
  void on_drained() noexcept override {}
  void on_hangup() noexcept override {}
  void on_broken() noexcept override {}
};

}  // namespace

TEST_GROUP(h1_client) {
  pm::test::FakeKernel kernel;
  std::unique_ptr<pm::net::Loop> loop = pm::net::Loop::create_for_test(kernel);
  pm::BlockPool blocks{4096};
  Keeper keeper;
  Tried tried;
  Sink sink;
  std::unique_ptr<pm::http::Exchange> exchange;
  int fd = -1;
  pm::h1::Client* client = nullptr;

  Nobody nobody;

  void setup() override {
    fd = kernel.add();
    client = pm::h1::Client::adopt(pm::net::Stream::open(*loop, fd, nobody), keeper,
                                   {.max_bytes = 262144, .max_line = 262144});
    exchange = std::make_unique<pm::http::Exchange>(blocks, sink);
    pm::http::Request& request = exchange->request();
    request.method = "GET";
    request.path = "/";
    request.authority = "a";
  }
  void teardown() override {
    exchange->cancel_client_end();
    if (!keeper.gone) client->close();
    exchange.reset();
    loop->turn();
    LONGS_EQUAL(0, kernel.open_sockets());
    LONGS_EQUAL(0, loop->pools().small.lent() + loop->pools().large.lent());
  }
  void begin(std::uint64_t head_timeout_ms = 0) {
    client->begin(*exchange, tried,
                  {.host = {}, .path_prefix = {}, .head_timeout_ms = head_timeout_ms});
    turns();
  }
  void begin_get() {
    exchange->note_empty_request();
    begin();
  }
  void begin_upgrade() {
    pm::http::Request& request = exchange->request();
    request.wants_upgrade = true;
    request.headers.append(pm::http::FieldId::upgrade, "x");
    begin_get();
  }
  void turns() {
    for (int i = 0; i < 6; ++i) {
      kernel.begin_turn(true);
      loop->turn();
    }
  }
  std::string_view say(std::string_view bytes) {
    kernel.deliver(fd, bytes);
    turns();
    return sink.heard;
  }
  void pass(std::uint64_t ms) {
    kernel.pass(ms);
    loop->tick();
    turns();
  }
  bool failed_with(Outcome outcome) const {
    return tried.what && tried.what->outcome == outcome;
  }
};

TEST(h1_client, an_answer_of_a_length_leaves_the_connection_idle) {
  begin_get();

  CHECK_EQUAL(std::string_view("200 end "), say("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"));
  CHECK_EQUAL(std::string_view("abc"), std::string_view(sink.got));
  LONGS_EQUAL(1, keeper.idle);
}

TEST(h1_client, an_answer_of_length_0_ends_with_its_head) {
  begin_get();

  CHECK_EQUAL(std::string_view("200 end "), say("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
  LONGS_EQUAL(1, keeper.idle);
}

TEST(h1_client, head_204_and_304_end_with_their_head_whatever_they_say) {
  exchange->request().method = "HEAD";
  begin_get();

  CHECK_EQUAL(std::string_view("200 end "), say("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n"));
  LONGS_EQUAL(3, exchange->response().content_length);
  CHECK_TRUE(exchange->response().framing == pm::http::Framing::length);
  LONGS_EQUAL(1, keeper.idle);
}

TEST(h1_client, a_204_with_a_body_ends_the_connection) {
  begin_get();

  say("HTTP/1.1 204 No\r\nContent-Length: 3\r\n\r\n");

  STRCMP_EQUAL("204 end ", sink.heard.c_str());
  CHECK_TRUE(keeper.gone);
}

TEST(h1_client, a_304_says_the_length_and_keeps_the_connection) {
  begin_get();

  say("HTTP/1.1 304 Same\r\nContent-Length: 3\r\n\r\n");

  STRCMP_EQUAL("304 end ", sink.heard.c_str());
  LONGS_EQUAL(1, keeper.idle);
}

TEST(h1_client, bytes_behind_the_answer_end_the_connection) {
  begin_get();

  say("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1 200 OK\r\n");

  STRCMP_EQUAL("200 end ", sink.heard.c_str());
  STRCMP_EQUAL("abc", sink.got.c_str());
  CHECK_TRUE(keeper.gone);
}

TEST(h1_client, bytes_on_an_idle_connection_end_it) {
  say("HTTP/1.1 200 OK\r\n\r\n");

  CHECK_TRUE(keeper.gone);
}

TEST(h1_client, the_end_of_the_stream_ends_an_answer_without_a_length) {
  begin_get();
  say("HTTP/1.1 200 OK\r\n\r\nabc");
  STRCMP_EQUAL("200 ", sink.heard.c_str());

  kernel.finish(fd);
  turns();

  STRCMP_EQUAL("200 end ", sink.heard.c_str());
  CHECK_TRUE(keeper.gone);
}

TEST(h1_client, a_reset_cuts_an_answer_without_a_length) {
  begin_get();
  say("HTTP/1.1 200 OK\r\n\r\nabc");

  kernel.reset_by_peer(fd);
  turns();

  STRCMP_EQUAL("200 cut ", sink.heard.c_str());
}

TEST(h1_client, an_early_end_cuts_an_answer_with_a_length) {
  begin_get();
  say("HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\nabc");

  kernel.finish(fd);
  turns();

  STRCMP_EQUAL("200 cut ", sink.heard.c_str());
  CHECK_EQUAL(std::string_view("server-closed"), exchange->trace().termination);
}

TEST(h1_client, what_was_good_of_a_broken_answer_goes_on_before_the_cut) {
  begin_get();

  say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n");

  STRCMP_EQUAL("200 cut ", sink.heard.c_str());
  STRCMP_EQUAL("abc", sink.got.c_str());
}

TEST(h1_client, a_body_behind_a_large_head_that_came_in_pieces_is_not_lost) {
  begin_get();
  std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n";
  for (int i = 0; i < 40; ++i)
    head += "X-Filler: " + std::string(490, 'f') + "\r\n";
  say(head);
  const std::string body(90000, 'b');

  say("\r\n" + body);

  CHECK_TRUE(sink.got == body);
  LONGS_EQUAL(1, keeper.idle);
}

TEST(h1_client, a_head_over_the_limit_is_a_bad_answer) {
  begin_get();

  say("HTTP/1.1 200 OK\r\nX-Large: " + std::string(300000, 'x'));

  CHECK_TRUE(failed_with(Outcome::bad_response));
}

TEST(h1_client, interim_answers_go_on_and_too_many_do_not) {
  begin_get();
  say("HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 102 Wait\r\n\r\n");
  STRCMP_EQUAL("103 102 ", sink.heard.c_str());

  for (int i = 0; i < 20; ++i)
    say("HTTP/1.1 103 Early\r\n\r\n");

  CHECK_TRUE(failed_with(Outcome::bad_response));
}

TEST(h1_client, a_server_that_closes_in_silence_is_told_apart_from_one_that_answers) {
  begin_get();

  kernel.finish(fd);
  turns();

  CHECK_TRUE(failed_with(Outcome::closed));
  CHECK_FALSE(tried.what->answered);
  CHECK_FALSE(tried.what->reused);
  CHECK_TRUE(tried.what->wrote);
}

TEST(h1_client, a_head_that_does_not_come_in_time_is_a_time_out) {
  exchange->note_empty_request();
  begin(2000);

  pass(1800);
  CHECK_FALSE(tried.what.has_value());
  pass(400);

  CHECK_TRUE(failed_with(Outcome::head_timed_out));
}

// ---- bodies -----------------------------------------------------------------------------------------------------------

TEST_GROUP_BASE(h1_client_body,
                TEST_GROUP_CppUTestGrouph1_client){void begin_post(const char* body, bool expects){
    pm::http::Request& request = exchange->request();
request.method = "POST";
request.framing = pm::http::Framing::length;
request.content_length = std::string_view(body).size();
request.expects_continue = expects;
sink.body = body;
begin();
}
bool has_sent(std::string_view end) {
  return kernel.socket(fd).out.ends_with(end);
}
}
;

TEST(h1_client_body, leaves_with_its_head) {
  begin_post("abc", false);

  CHECK_TRUE(has_sent("\r\n\r\nabc"));
}

TEST(h1_client_body, waits_for_100_when_the_client_does) {
  begin_post("abc", true);
  CHECK_TRUE(has_sent("\r\n\r\n"));

  say("HTTP/1.1 100 Continue\r\n\r\n");

  CHECK_TRUE(has_sent("\r\n\r\nabc"));
  STRCMP_EQUAL("", sink.heard.c_str());
}

TEST(h1_client_body, is_sent_all_the_same_after_a_second) {
  begin_post("abc", true);

  pass(1200);

  CHECK_TRUE(has_sent("\r\n\r\nabc"));
}

TEST(h1_client_body, is_not_asked_for_when_the_answer_came_first) {
  begin_post("abc", true);

  say("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n");
  pass(1200);

  STRCMP_EQUAL("403 end ", sink.heard.c_str());
  LONGS_EQUAL(0, sink.asked);
  CHECK_TRUE(keeper.gone);
}

TEST(h1_client_body, that_was_not_sent_whole_ends_the_connection) {
  sink.ends_body = false;
  begin_post("abc", false);

  say("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");

  STRCMP_EQUAL("200 end ", sink.heard.c_str());
  CHECK_TRUE(keeper.gone);
}

// ---- tunnels ----------------------------------------------------------------------------------------------------------

TEST(h1_client, an_empty_chunked_body_that_is_over_already_has_its_end) {
  exchange->request().method = "PUT";
  exchange->request().framing = pm::http::Framing::chunked;
  exchange->request_end();
  begin();

  CHECK_TRUE(kernel.take(fd).ends_with("Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"));
}

TEST(h1_client, a_short_rest_of_a_dropped_answer_is_read_and_the_connection_goes_on) {
  begin_get();
  say("HTTP/1.1 500 No\r\nContent-Length: 6\r\n\r\nabc");

  exchange->drop_client_end();
  LONGS_EQUAL(1, keeper.lingering);
  LONGS_EQUAL(0, keeper.idle);
  CHECK_FALSE(client->is_usable());
  say("def");

  STRCMP_EQUAL("500 ", sink.heard.c_str());
  STRCMP_EQUAL("abc", sink.got.c_str());
  LONGS_EQUAL(1, keeper.idle);
  CHECK_TRUE(client->is_usable());
}

TEST(h1_client, so_is_a_chunked_one_cut_anywhere) {
  constexpr std::string_view rest = "c\r\n3\r\ndef\r\n0\r\n\r\n";
  begin_get();
  say("HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab");

  exchange->drop_client_end();
  for (const char c : rest) {
    LONGS_EQUAL(0, keeper.idle);
    say({&c, 1});
  }

  LONGS_EQUAL(1, keeper.idle);
}

TEST(h1_client, a_dropped_answer_that_is_long_takes_too_long_or_goes_wrong_ends_its_connection) {
  struct Row {
    std::string_view head;
    std::string_view rest;
    std::uint64_t passes_ms;
  };
  static constexpr Row rows[] = {
      {"Content-Length: 65538\r\n\r\na", "", 0},
      {"Content-Length: 3\r\n\r\na", "b", 2000},
      {"Content-Length: 3\r\n\r\na", "bcd", 0},
      {"Connection: close\r\nContent-Length: 3\r\n\r\na", "bc", 0},
      {"\r\na", "bc", 0},
      {"Transfer-Encoding: chunked\r\n\r\n1\r\na", "\r\nz\r\n", 0},
      {"Transfer-Encoding: chunked\r\n\r\n1\r\na", "\r\n0\r\nX: 1\r\n\r\n", 0},
  };
  for (const Row& row : rows) {
    begin_get();
    say(std::string("HTTP/1.1 500 No\r\n").append(row.head));
    exchange->drop_client_end();
    if (!keeper.gone) say(row.rest);
    if (row.passes_ms > 0) pass(row.passes_ms);
    CHECK_TRUE_TEXT(keeper.gone, row.head.data());
    LONGS_EQUAL(0, keeper.idle);
    teardown();
    keeper = {};
    setup();
  }
}

TEST(h1_client, what_lingers_may_be_closed) {
  begin_get();
  say("HTTP/1.1 500 No\r\nContent-Length: 6\r\n\r\nabc");
  exchange->drop_client_end();

  client->close();
  CHECK_TRUE(keeper.gone);
}

TEST_GROUP_BASE(h1_client_tunnel, TEST_GROUP_CppUTestGrouph1_client){
    void open(std::string_view more = ""){begin_upgrade();
say("HTTP/1.1 101 Yes\r\nConnection: Upgrade, X-Gone\r\nUpgrade: X\r\nX-Gone: 1\r\n"
    "X-Stays: 2\r\n\r\n" +
    std::string(more));
STRCMP_EQUAL("101 ", sink.heard.c_str());
kernel.take(fd);
}
void send(std::string_view bytes) {
  exchange->request_chunk({{&bytes, 1}, bytes.size()});
  exchange->flush_request();
}
void end_request() {
  exchange->request_end();
  exchange->flush_request();
  turns();
}
}
;

TEST(h1_client_tunnel, its_head_leaves_the_hop_behind) {
  open();

  const pm::http::Headers& headers = exchange->response().headers;
  POINTERS_EQUAL(nullptr, headers.find("X-Gone"));
  CHECK_EQUAL(std::string_view("2"), headers.get("X-Stays"));
  CHECK_EQUAL(std::string_view("X"), headers.get(pm::http::FieldId::upgrade));
}

TEST(h1_client_tunnel, bytes_behind_the_head_are_the_tunnels) {
  open("abc");

  STRCMP_EQUAL("abc", sink.got.c_str());
}

TEST(h1_client_tunnel, another_protocol_is_a_bad_answer) {
  begin_upgrade();

  say("HTTP/1.1 101 Yes\r\nConnection: Upgrade\r\nUpgrade: y\r\n\r\n");

  CHECK_TRUE(failed_with(Outcome::bad_response));
}

TEST(h1_client_tunnel, the_clients_end_behind_the_servers_closes_it) {
  open();
  kernel.finish(fd);
  turns();
  STRCMP_EQUAL("101 end ", sink.heard.c_str());

  send("last");
  end_request();

  CHECK_TRUE(keeper.gone);
  CHECK_EQUAL(std::string_view("last"), std::string_view(kernel.take(fd)));
  CHECK_FALSE(kernel.socket(fd).was_reset);
}

TEST(h1_client_tunnel, the_servers_end_behind_the_clients_closes_it) {
  open();
  end_request();
  CHECK_TRUE(kernel.socket(fd).fin_out);
  say("late");

  kernel.finish(fd);
  turns();

  STRCMP_EQUAL("late", sink.got.c_str());
  STRCMP_EQUAL("101 end ", sink.heard.c_str());
  CHECK_TRUE(keeper.gone);
}

TEST(h1_client_tunnel, a_slow_server_still_gets_the_last_bytes) {
  open();
  kernel.set_window(fd, 2);
  send("slowly");
  kernel.finish(fd);
  turns();
  end_request();
  CHECK_FALSE(keeper.gone);

  std::string all;
  for (int i = 0; i < 10; ++i) {
    all += kernel.take(fd);
    turns();
  }

  STRCMP_EQUAL("slowly", all.c_str());
  CHECK_TRUE(keeper.gone);
  CHECK_FALSE(kernel.socket(fd).was_reset);
}

TEST(h1_client_tunnel, a_server_that_does_not_take_the_last_bytes_is_given_up) {
  open();
  kernel.set_window(fd, 2);
  send("slowly");
  kernel.finish(fd);
  turns();
  end_request();

  pass(61000);

  CHECK_TRUE(keeper.gone);
}

TEST(h1_client_tunnel, a_server_that_breaks_behind_its_end_cuts_the_client) {
  open();
  kernel.finish(fd);
  turns();

  kernel.reset_by_peer(fd);
  turns();

  STRCMP_EQUAL("101 end cut ", sink.heard.c_str());
}

TEST(h1_client_tunnel, a_client_that_was_cut_resets_the_server) {
  open();

  exchange->cancel_client_end();

  CHECK_TRUE(kernel.socket(fd).was_reset);
}

TEST(h1_client_tunnel, a_client_that_holds_stops_the_reading) {
  open();
  sink.flow = Flow::hold;
  say("abc");
  say("def");
  STRCMP_EQUAL("abc", sink.got.c_str());

  exchange->resume_response();
  turns();

  STRCMP_EQUAL("abcdef", sink.got.c_str());
}
