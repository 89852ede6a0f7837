// SPDX-License-Identifier: MIT
#include "http/request_filter.h"

#include "http/chain.h"
#include "http/collect.h"
#include "http/reply.h"
#include "http/tools.h"
#include "t/lib/fake_kernel.h"
#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

using namespace pm;
using namespace pm::http;
using namespace std::literals;

namespace {

// The client: sends what the test says, and writes down what it is told.
class Client final : public ServerEnd {
 public:
  void resume_request(Exchange&) noexcept override { wanted = true; }
  void hold_request(Exchange&) noexcept override { wanted = false; }
  void send_interim(Exchange&, std::uint16_t, const Headers&) noexcept override {}
  void send_head(Exchange& exchange) noexcept override {
    answer += std::to_string(exchange.response().status) + ' ';
  }
  void send_chunk(Exchange&, const Chunk& chunk) noexcept override {
    for (const std::string_view slice : chunk.slices)
      answer.append(slice);
  }
  void send_end(Exchange&) noexcept override { answer += " end"; }
  Flow flush_response(Exchange&) noexcept override { return Flow::more; }
  void cut(Exchange&) noexcept override { answer += " cut"; }

  Flow give(Exchange& exchange, std::string_view text) {
    exchange.request_chunk({{&text, 1}, text.size()});
    return exchange.flush_request();
  }
  void end(Exchange& exchange) {
    exchange.request_end();
    exchange.flush_request();
  }
  std::string answer;
  bool wanted = false;
};

// Pulls the body, and writes down what comes of it.
class Server final : public Service, private ClientEnd {
 public:
  void serve(Exchange& exchange) noexcept override {
    got += '[';
    exchange.set_client_end(this);
    exchange.resume_request();
  }
  void answer(Exchange& exchange, std::uint16_t status) noexcept {
    exchange.set_client_end(nullptr);
    reply(exchange, status, {}, BodyType::none);
  }
  std::string got;

 private:
  void request_chunk(Exchange&, const Chunk& chunk) noexcept override {
    for (const std::string_view slice : chunk.slices)
      got.append(slice);
    got += '|';
  }
  void request_end(Exchange&) noexcept override { got += ']'; }
  Flow flush_request(Exchange&) noexcept override { return Flow::more; }
  void resume_response(Exchange&) noexcept override {}
  void cancel(Exchange&) noexcept override { got += " cancelled"; }
};

// Puts its name behind each chunk and, in capitals, behind the last one. "-" is swallowed, "!" is malformed.
class Marker final : public RequestFilter {
 public:
  explicit Marker(char name) noexcept : name_(name) {}
  bool on_request_part(Exchange&, BodyPart& part) noexcept override {
    text_.clear();
    for (const std::string_view slice : part.slices)
      text_ += slice;
    if (text_.starts_with('!')) return false;
    if (text_.starts_with('-')) {
      part.swallow();
      return true;
    }
    if (!part.is_empty()) text_ += name_;
    if (part.last) text_ += std::string(1, static_cast<char>(name_ - 'a' + 'A')) + count();
    ++chunks_;
    view_ = text_;
    part.replace(view_);
    return true;
  }
  void rewind() noexcept override { chunks_ = 0; }

 private:
  std::string count() const { return std::to_string(chunks_); }
  char name_;
  int chunks_ = 0;
  std::string text_;
  std::string_view view_;
};

// A link that does what the test says.
class Probe final : public Middleware {
 public:
  Hooks hooks() const noexcept override {
    return Hook::request_headers | Hook::response_headers | Hook::waits;
  }
  Verdict on_request_headers(Link link) const noexcept override { return on_request(link); }
  Verdict on_response_headers(Link link) const noexcept override { return on_response(link); }
  std::function<Verdict(Link)> on_request = [](Link) {
    return Verdict::next;
  };
  std::function<Verdict(Link)> on_response = [](Link) {
    return Verdict::next;
  };
};

}  // namespace

TEST_GROUP(request_filter) {
  test::FakeKernel kernel;
  std::unique_ptr<net::Loop> loop = net::Loop::create_for_test(kernel);
  WorkerTools tools;
  BlockPool blocks{4096};
  Client client;
  Server server;
  std::unique_ptr<Exchange> exchange = std::make_unique<Exchange>(blocks, client);
  Probe a;
  Probe b;
  Probe keeper;
  std::vector<std::unique_ptr<Chain>> chains;

  void setup() override {
    tools.loop = loop.get();
    exchange->tools = &tools;
    exchange->request().method = "POST";
    exchange->request().framing = Framing::chunked;
    a.on_request = marking('a');
    b.on_request = marking('b');
    keeper.on_request = keeping(UINT64_MAX);
  }
  void run(std::vector<const Middleware*> links) {
    chains.push_back(std::make_unique<Chain>(std::move(links)));
    chains.back()->run(*exchange, server);
  }
  void turns() {
    loop->tick();
    for (int i = 0; i < 4; ++i)
      loop->turn();
  }
  static std::function<Verdict(Link)> marking(char name) {
    return [name](Link link) {
      link.filter_request(*link.arena().make<Marker>(name));
      return Verdict::next;
    };
  }
  // Takes the whole body, and lets the request go with it as often as it is answered 503.
  std::function<Verdict(Link)> keeping(std::uint64_t most) {
    keeper.on_response = [](Link link) {
      return link.response().status == 503 && link.may_repeat() ? Verdict::again : Verdict::next;
    };
    return [most, asked = false](Link link) mutable {
      if (asked) {
        link.keep_request();
        return Verdict::next;
      }
      asked = true;
      link.arena()
          .make<Collector>(link.exchange(), CollectLimits{.most = most}, link.suspend())
          ->start();
      return Verdict::wait;
    };
  }
};

TEST(request_filter, the_outermost_sees_the_bytes_first) {
  run({&a, &b});
  client.give(*exchange, "x");
  client.give(*exchange, "y");
  client.end(*exchange);
  CHECK_EQUAL("[xab|yab|A2bB2|]"sv, server.got);
}

TEST(request_filter, what_is_swallowed_goes_no_further) {
  run({&a, &b});
  client.give(*exchange, "-x");
  client.end(*exchange);
  CHECK_EQUAL("[A0bB0|]"sv, server.got);
}

TEST(request_filter, a_malformed_body_is_refused_in_a_turn_of_its_own) {
  run({&a, &b});
  client.give(*exchange, "x");
  CHECK_TRUE(client.give(*exchange, "!") == Flow::hold);
  CHECK_EQUAL("[xab| cancelled"sv, server.got);
  CHECK_EQUAL(""sv, client.answer);
  turns();
  CHECK_EQUAL("400 Bad Request\n end"sv, client.answer);
  CHECK_EQUAL("bad-request-body"sv, exchange->trace().termination);
}

TEST(request_filter, nobody_pulls_while_a_refusal_is_on_its_way) {
  run({&a});
  client.give(*exchange, "!");
  client.wanted = false;
  exchange->resume_request();
  CHECK_FALSE(client.wanted);
}

TEST(request_filter, an_answer_that_has_begun_is_cut) {
  run({&a});
  exchange->response().status = 200;
  exchange->response_head();
  client.give(*exchange, "!");
  turns();
  CHECK_EQUAL("200  cut"sv, client.answer);
}

TEST(request_filter, an_exchange_that_ends_before_its_refusal_hears_nothing_of_it) {
  run({&a});
  client.give(*exchange, "!");
  exchange.reset();
  turns();
  CHECK_EQUAL(""sv, client.answer);
}

TEST(request_filter, the_rest_of_a_body_that_nobody_takes_is_not_filtered) {
  run({&a});
  server.answer(*exchange, 200);
  client.give(*exchange, "!");
  turns();
  CHECK_EQUAL("200  end"sv, client.answer);
}

TEST(request_filter, what_is_kept_is_what_filters_outside_have_made) {
  run({&a, &keeper, &b});
  client.give(*exchange, "x");
  client.give(*exchange, "y");
  client.end(*exchange);
  CHECK_EQUAL(""sv, server.got);
  turns();
  CHECK_EQUAL("[xayaA2b|B1|]"sv, server.got);
  LONGS_EQUAL(6, exchange->request().content_length);
}

TEST(request_filter, what_is_kept_passes_those_inside_each_time_that_it_is_sent) {
  run({&a, &keeper, &b});
  client.give(*exchange, "x");
  client.end(*exchange);
  turns();
  server.answer(*exchange, 503);
  turns();
  CHECK_EQUAL("[xaA1b|B1|][xaA1b|B1|]"sv, server.got);
}

TEST(request_filter, a_connection_that_fails_is_followed_by_one_that_gets_it_from_the_beginning) {
  run({&keeper, &b});
  client.give(*exchange, "x");
  client.end(*exchange);
  turns();
  exchange->hold_request();
  server.serve(*exchange);
  CHECK_EQUAL("[xb|B1|][xb|B1|]"sv, server.got);
}

TEST(request_filter, links_that_are_entered_anew_do_not_filter_twice) {
  Probe outer;
  outer.on_request = [](Link link) {
    link.keep_request();
    return Verdict::next;
  };
  outer.on_response = [](Link link) {
    return link.response().status == 502 ? Verdict::again : Verdict::next;
  };
  run({&outer, &a, &keeper, &b});
  client.give(*exchange, "x");
  client.end(*exchange);
  turns();
  server.answer(*exchange, 502);
  turns();
  CHECK_EQUAL("[xaA1b|B1|][xaA1b|B1|]"sv, server.got);
}

TEST(request_filter, without_a_byte_taken_a_repeated_request_has_its_filters_once) {
  Probe outer;
  outer.on_request = [](Link link) {
    link.keep_request();
    return Verdict::next;
  };
  outer.on_response = [](Link link) {
    return link.response().status == 502 ? Verdict::again : Verdict::next;
  };
  run({&b, &outer, &a});
  server.answer(*exchange, 502);
  turns();
  client.give(*exchange, "x");
  CHECK_EQUAL("[[xba|"sv, server.got);
}

TEST(request_filter, a_body_that_is_too_large_to_keep_passes_all_of_them_once) {
  keeper.on_request = keeping(2);
  run({&a, &keeper, &b});
  client.give(*exchange, "xyz");
  turns();
  client.give(*exchange, "w");
  client.end(*exchange);
  CHECK_EQUAL("[xyzab|wab|A2bB2|]"sv, server.got);
}

TEST(request_filter, a_malformed_body_that_is_being_kept_is_refused) {
  run({&a, &keeper, &b});
  client.give(*exchange, "x");
  client.give(*exchange, "!");
  turns();
  CHECK_EQUAL(""sv, server.got);
  CHECK_EQUAL("400 Bad Request\n end"sv, client.answer);
}

TEST(request_filter, a_kept_body_that_is_malformed_further_inside_is_refused) {
  run({&keeper, &b});
  client.give(*exchange, "!");
  client.end(*exchange);
  turns();
  turns();
  CHECK_EQUAL("[ cancelled"sv, server.got);
  CHECK_EQUAL("400 Bad Request\n end"sv, client.answer);
}
